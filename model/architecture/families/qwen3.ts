// Qwen3: no biases; every head of q and k is normalised before it is rotated (Yang et al., arXiv 2505.09388).

import type { Family } from '../config.js';

export const qwen3: Family = {
  architecture: 'qwen3',
  rotaryStyle: 'halves',
  rotaryBase: 10_000,
  activation: 'silu',
  embeddingScale: () => 1,
  norms: ['queryNorm', 'keyNorm'],
  biases: [],
  window: undefined,
  refused: { expert_count: [0], 'attention.sliding_window': [0] },
};
