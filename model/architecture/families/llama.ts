// The llama family: Llama 2, SmolLM, SmolLM2, TinyLlama, Mistral without a window (Touvron et al., arXiv 2307.09288).

import type { Family } from '../config.js';

export const llama: Family = {
  architecture: 'llama',
  // The converter to GGUF permutes the rows of q and k so that neighbours turn together.
  rotaryStyle: 'interleaved',
  rotaryBase: 10_000,
  activation: 'silu',
  embeddingScale: () => 1,
  norms: [],
  biases: [],
  window: undefined,
  refused: { expert_count: [0], 'attention.sliding_window': [0] },
};
