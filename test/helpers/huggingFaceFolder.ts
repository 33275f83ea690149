// Turns a llama GGUF file into the Hugging Face folder that it was made from, so that both can be compared.

import { memorySource, utf8 } from '../../core/bytes.js';
import { readGguf } from '../../model/formats/gguf.js';
import { metadataOf } from '../../model/formats/ggufMetadata.js';
import { ggufToHuggingFace } from '../../model/formats/rotaryRows.js';
import { encodeSafetensors } from '../../model/formats/safetensors.js';
import type { ModelFolder } from '../../model/formats/source.js';
import type { NamedTensor } from '../../proto/messages.js';

export type FolderFiles = Record<string, Uint8Array>;

export function folderOf(files: FolderFiles): ModelFolder {
  return {
    read: name => (Object.hasOwn(files, name) ? memorySource(files[name] as Uint8Array) : undefined),
  };
}

const parts: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
const outer: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
};

/** All tensors of the file under their names in a folder, rows in its order. */
export function huggingFaceTensors(bytes: Uint8Array): NamedTensor[] {
  const gguf = readGguf(memorySource(bytes));
  const number = (key: string): number => metadataOf(gguf, `llama.${key}`, 'number') as number;
  const heads = { attn_q: number('attention.head_count'), attn_k: number('attention.head_count_kv') };
  return [...gguf.tensors].map(([name, { shape }]) => {
    const [, layer, part = ''] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name) ?? [];
    const values = gguf.read(name);
    const permuted = part === 'attn_q' || part === 'attn_k';
    return {
      name: outer[name] ?? `model.layers.${layer}.${parts[part]}.weight`,
      shape: shape.toReversed(),
      values: permuted ? ggufToHuggingFace(values, shape[1] as number, heads[part]) : values,
    };
  });
}

/** In files of about the same number of tensors, as many as `shards` says. */
export function huggingFaceFiles(bytes: Uint8Array, shards = 1): FolderFiles {
  const gguf = readGguf(memorySource(bytes));
  const number = (key: string): number => metadataOf(gguf, `llama.${key}`, 'number') as number;
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: number('embedding_length'),
    intermediate_size: number('feed_forward_length'),
    num_hidden_layers: number('block_count'),
    num_attention_heads: number('attention.head_count'),
    num_key_value_heads: number('attention.head_count_kv'),
    head_dim: number('rope.dimension_count'),
    max_position_embeddings: number('context_length'),
    rms_norm_eps: number('attention.layer_norm_rms_epsilon'),
    rope_parameters: { rope_type: 'default', rope_theta: number('rope.freq_base') },
    tie_word_embeddings: true,
    bos_token_id: 1,
    eos_token_id: [2, 0],
  };
  const tensors = huggingFaceTensors(bytes);
  const files: FolderFiles = { 'config.json': utf8(JSON.stringify(config)) };
  if (shards === 1) return { ...files, 'model.safetensors': encodeSafetensors(tensors, { format: 'pt' }) };
  const map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-${shard + 1}-of-${shards}.safetensors`;
    const own = tensors.filter((_, i) => i % shards === shard);
    for (const tensor of own) map[tensor.name] = name;
    files[name] = encodeSafetensors(own);
  }
  files['model.safetensors.index.json'] = utf8(JSON.stringify({ metadata: {}, weight_map: map }));
  return files;
}

/** The same files with another config.json. */
export function withConfig(files: FolderFiles, changes: Record<string, unknown>): FolderFiles {
  const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as object;
  return { ...files, 'config.json': utf8(JSON.stringify({ ...config, ...changes })) };
}
