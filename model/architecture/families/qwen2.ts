// Qwen2 and Qwen2.5: llama's layers with biases on q, k and v (Yang et al., arXiv 2407.10671).

import type { Family } from '../config.js';

export const qwen2: Family = {
  architecture: 'qwen2',
  rotaryStyle: 'halves',
  rotaryBase: 10_000,
  activation: 'silu',
  embeddingScale: () => 1,
  norms: [],
  biases: ['q', 'k', 'v'],
  window: undefined,
  refused: { expert_count: [0], 'attention.sliding_window': [0] },
};
