// Metadata and tensor shapes (inputs first, as in GGUF) of a decoder of two layers, small enough for central differences over all of it.

import type { Family } from '../../../model/architecture/config.js';
import { llama } from '../../../model/architecture/families/llama.js';

interface TinyHeader {
  rowOrder: 'gguf';
  metadata: Map<string, unknown>;
  tensors: Map<string, { shape: number[] }>;
}

/** Where the family has windows, the first of the two layers sees two positions. */
export function tinyHeader({ architecture, norms, biases, window }: Family = llama): TinyHeader {
  const [hidden, feedForward, kv, vocabulary] = [8, 12, 4, 11];
  const metadata = new Map<string, unknown>([['general.architecture', architecture]]);
  const set = (entries: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(entries)) metadata.set(`${architecture}.${key}`, value);
  };
  set({
    block_count: 2,
    embedding_length: hidden,
    feed_forward_length: feedForward,
    'attention.head_count': 2,
    'attention.head_count_kv': 1,
    'attention.layer_norm_rms_epsilon': 1e-3,
    context_length: 64,
    'rope.freq_base': 100,
  });
  if (window !== undefined)
    set({ 'attention.sliding_window': 2, 'attention.sliding_window_pattern': 2, 'rope.freq_base_swa': 10 });
  const optional: Record<string, [string, number]> = {
    queryNorm: ['attn_q_norm', kv],
    keyNorm: ['attn_k_norm', kv],
    postAttentionNorm: ['post_attention_norm', hidden],
    postFeedForwardNorm: ['post_ffw_norm', hidden],
  };
  const layer = (index: number): [string, { shape: number[] }][] => [
    ...Object.entries({
      attn_norm: [hidden],
      attn_q: [hidden, hidden],
      attn_k: [hidden, kv],
      attn_v: [hidden, kv],
      attn_output: [hidden, hidden],
      ffn_norm: [hidden],
      ffn_gate: [hidden, feedForward],
      ffn_up: [hidden, feedForward],
      ffn_down: [feedForward, hidden],
      ...Object.fromEntries(
        norms.map(norm => optional[norm] as [string, number]).map(([name, size]) => [name, [size]]),
      ),
    }).map(([name, shape]): [string, { shape: number[] }] => [`blk.${index}.${name}.weight`, { shape }]),
    ...biases.map((part): [string, { shape: number[] }] => [
      `blk.${index}.attn_${part}.bias`,
      { shape: [part === 'q' ? hidden : kv] },
    ]),
  ];
  const tensors = new Map([
    ['token_embd.weight', { shape: [hidden, vocabulary] }],
    ['output_norm.weight', { shape: [hidden] }],
    ...layer(0),
    ...layer(1),
  ]);
  return { rowOrder: 'gguf', metadata, tensors };
}
