// Gemma 3 (text): norms before and after each block, five layers of six see a window only (Gemma Team, arXiv 2503.19786).

import type { Family } from '../config.js';

export const gemma3: Family = {
  architecture: 'gemma3',
  rotaryStyle: 'halves',
  rotaryBase: 1_000_000,
  activation: 'gelu',
  embeddingScale: Math.sqrt,
  // Of the largest, 27B with 62 layers, the heads are smaller than their share of the hidden size.
  attentionScale: ({ layers, hidden, heads, headSize }) =>
    1 / Math.sqrt(layers === 62 ? hidden / heads : headSize),
  norms: ['queryNorm', 'keyNorm', 'postAttentionNorm', 'postFeedForwardNorm'],
  biases: [],
  // The files of 2025 do not name the base of the windowed layers, nor which layers they are.
  window: { rotaryBase: 10_000, fullEvery: 6 },
  refused: {
    attn_logit_softcapping: [0],
    final_logit_softcapping: [0],
  },
};
