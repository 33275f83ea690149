// The names of the tensors of every family, as llama.cpp's converter gives them (its gguf-py/gguf/constants.py).

import type { LinearTarget } from '../../proto/messages.js';

/** Norms that some families have beside the two before attention and MLP. */
export type ExtraNorm = 'queryNorm' | 'keyNorm' | 'postAttentionNorm' | 'postFeedForwardNorm';
export type LayerPart = LinearTarget | 'attentionNorm' | 'feedForwardNorm' | ExtraNorm;

export const modelTensors = {
  embedding: 'token_embd.weight',
  outputNorm: 'output_norm.weight',
  head: 'output.weight',
  rotaryDivisors: 'rope_freqs.weight',
} as const;

const layerParts: Readonly<Record<LayerPart, string>> = {
  attentionNorm: 'attn_norm',
  q: 'attn_q',
  k: 'attn_k',
  v: 'attn_v',
  queryNorm: 'attn_q_norm',
  keyNorm: 'attn_k_norm',
  o: 'attn_output',
  postAttentionNorm: 'post_attention_norm',
  feedForwardNorm: 'ffn_norm',
  gate: 'ffn_gate',
  up: 'ffn_up',
  down: 'ffn_down',
  postFeedForwardNorm: 'post_ffw_norm',
};

export const layerTensor = (layer: number, part: LayerPart, what: 'weight' | 'bias' = 'weight'): string =>
  `blk.${layer}.${layerParts[part]}.${what}`;
