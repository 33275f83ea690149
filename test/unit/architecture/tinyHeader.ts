// Metadata and tensor shapes (inputs first, as in GGUF) of a decoder of two layers, small enough for central differences over all of it.

export function tinyHeader(): {
  rowOrder: 'gguf';
  metadata: Map<string, unknown>;
  tensors: Map<string, { shape: number[] }>;
} {
  const [hidden, feedForward, kv, vocabulary] = [8, 12, 4, 11];
  const metadata = new Map<string, unknown>([
    ['general.architecture', 'llama'],
    ['llama.block_count', 2],
    ['llama.embedding_length', hidden],
    ['llama.feed_forward_length', feedForward],
    ['llama.attention.head_count', 2],
    ['llama.attention.head_count_kv', 1],
    ['llama.attention.layer_norm_rms_epsilon', 1e-3],
    ['llama.context_length', 64],
    ['llama.rope.freq_base', 100],
  ]);
  const layer = (index: number): [string, { shape: number[] }][] =>
    Object.entries({
      attn_norm: [hidden],
      attn_q: [hidden, hidden],
      attn_k: [hidden, kv],
      attn_v: [hidden, kv],
      attn_output: [hidden, hidden],
      ffn_norm: [hidden],
      ffn_gate: [hidden, feedForward],
      ffn_up: [hidden, feedForward],
      ffn_down: [feedForward, hidden],
    }).map(([name, shape]) => [`blk.${index}.${name}.weight`, { shape }]);
  const tensors = new Map([
    ['token_embd.weight', { shape: [hidden, vocabulary] }],
    ['output_norm.weight', { shape: [hidden] }],
    ...layer(0),
    ...layer(1),
  ]);
  return { rowOrder: 'gguf', metadata, tensors };
}
