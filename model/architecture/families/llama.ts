// The llama family in GGUF: Llama 2, SmolLM, SmolLM2, TinyLlama, Mistral without a window.

import type { Family } from '../config.js';

export const llama: Family = {
  architecture: 'llama',
  // The converter to GGUF permutes the rows of q and k so that neighbours turn together.
  rotaryStyle: 'interleaved',
  rotaryBase: 10_000,
  activation: 'silu',
  embeddingScale: () => 1,
  refused: { expert_count: [0], 'rope.scaling.type': ['none'], 'attention.sliding_window': [0] },
  tensors: {
    embedding: 'token_embd.weight',
    outputNorm: 'output_norm.weight',
    head: 'output.weight',
    layer: {
      attentionNorm: 'blk.{layer}.attn_norm.weight',
      q: 'blk.{layer}.attn_q.weight',
      k: 'blk.{layer}.attn_k.weight',
      v: 'blk.{layer}.attn_v.weight',
      o: 'blk.{layer}.attn_output.weight',
      feedForwardNorm: 'blk.{layer}.ffn_norm.weight',
      gate: 'blk.{layer}.ffn_gate.weight',
      up: 'blk.{layer}.ffn_up.weight',
      down: 'blk.{layer}.ffn_down.weight',
    },
  },
};
