// Makes a small random llama file with a working tokenizer: the real programs run on it in seconds, from a seed.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SeededRandom } from '../../core/random.js';
import type { ReadableType } from '../../model/formats/ggufTypes.js';
import { encodeGguf, type WritableTensor, type WritableValue } from '../../model/formats/ggufWriter.js';
import { quantise } from '../../model/formats/quantise.js';
import { characterOf } from '../../model/text/byteAlphabet.js';

export interface TinyModelOptions {
  /** Default 1. The same options give the same bytes. */
  readonly seed?: number;
  /** Default 2 layers, hidden 64, feed-forward 128, 2 heads of 32, 1 key-value head, context 512. */
  readonly layers?: number;
  readonly hidden?: number;
  readonly feedForward?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headSize?: number;
  readonly contextLength?: number;
  /** Type of the linears; rows are multiples of 32 unless it is F32, F16 or BF16. Default Q4_1, as in the real file. */
  readonly weights?: ReadableType;
  /** Type of the embedding, which is also the head. Default Q8_0, as in the real file. */
  readonly embedding?: ReadableType;
}

const defaults = {
  seed: 1,
  layers: 2,
  hidden: 64,
  feedForward: 128,
  heads: 2,
  kvHeads: 1,
  headSize: 32,
  contextLength: 512,
  weights: 'Q4_1',
  embedding: 'Q8_0',
} as const satisfies Required<TinyModelOptions>;

/** Special tokens by id, as in the SmolLM2 files. */
const special = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
/** In rank order; Ġ is the space. */
const merges = [
  'Ġ t',
  'h e',
  'i n',
  'Ġ a',
  'e r',
  'o n',
  'Ġt he',
  'r e',
  'a t',
  'Ġ s',
  'Ġ o',
  'in g',
  'o r',
  'e n',
  'Ġ w',
  'Ġs t',
  'er e',
];

const chatTemplate =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

function tokenizer(): Record<string, WritableValue> {
  const tokens = [...special, ...characterOf, ...merges.map(merge => merge.replace(' ', ''))];
  return {
    'tokenizer.ggml.add_space_prefix': false,
    'tokenizer.ggml.add_bos_token': false,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': { strings: tokens },
    'tokenizer.ggml.token_type': { i32s: tokens.map((_, id) => (id < special.length ? 3 : 1)) },
    'tokenizer.ggml.merges': { strings: merges },
    'tokenizer.ggml.bos_token_id': { u32: 1 },
    'tokenizer.ggml.eos_token_id': { u32: 2 },
    'tokenizer.ggml.unknown_token_id': { u32: 0 },
    'tokenizer.ggml.padding_token_id': { u32: 2 },
    'tokenizer.chat_template': chatTemplate,
  };
}

export const tinyVocabulary = special.length + 256 + merges.length;

/** The bytes of the file. */
export function tinyModel(options: TinyModelOptions = {}): Uint8Array {
  const sizes = { ...defaults, ...options };
  const random = new SeededRandom(sizes.seed);
  /** Uniform with this standard deviation. */
  const draw = (count: number, deviation: number, mean = 0): Float32Array =>
    Float32Array.from(
      { length: count },
      () => mean + (random.uint32() / 2 ** 31 - 1) * Math.sqrt(3) * deviation,
    );

  const norm = (name: string): WritableTensor => ({
    name,
    type: 'F32',
    shape: [sizes.hidden],
    bytes: quantise('F32', draw(sizes.hidden, 0.1, 1)),
  });
  /** Outputs are as large as inputs, so that what attention and the MLP add counts beside the embedding. */
  const linear = (name: string, inputs: number, outputs: number): WritableTensor => ({
    name,
    type: sizes.weights,
    shape: [inputs, outputs],
    bytes: quantise(sizes.weights, draw(inputs * outputs, 1 / Math.sqrt(inputs))),
  });
  const queries = sizes.heads * sizes.headSize;
  const keys = sizes.kvHeads * sizes.headSize;
  const layer = (index: number): WritableTensor[] => [
    norm(`blk.${index}.attn_norm.weight`),
    linear(`blk.${index}.ffn_down.weight`, sizes.feedForward, sizes.hidden),
    linear(`blk.${index}.ffn_gate.weight`, sizes.hidden, sizes.feedForward),
    linear(`blk.${index}.ffn_up.weight`, sizes.hidden, sizes.feedForward),
    norm(`blk.${index}.ffn_norm.weight`),
    linear(`blk.${index}.attn_k.weight`, sizes.hidden, keys),
    linear(`blk.${index}.attn_output.weight`, queries, sizes.hidden),
    linear(`blk.${index}.attn_q.weight`, sizes.hidden, queries),
    linear(`blk.${index}.attn_v.weight`, sizes.hidden, keys),
  ];
  const embedding: WritableTensor = {
    name: 'token_embd.weight',
    type: sizes.embedding,
    shape: [sizes.hidden, tinyVocabulary],
    bytes: quantise(sizes.embedding, draw(sizes.hidden * tinyVocabulary, 0.25)),
  };
  return encodeGguf(
    {
      'general.architecture': 'llama',
      'general.type': 'model',
      'general.name': 'Tiny random llama',
      'general.license': 'apache-2.0',
      'llama.block_count': { u32: sizes.layers },
      'llama.context_length': { u32: sizes.contextLength },
      'llama.embedding_length': { u32: sizes.hidden },
      'llama.feed_forward_length': { u32: sizes.feedForward },
      'llama.attention.head_count': { u32: sizes.heads },
      'llama.attention.head_count_kv': { u32: sizes.kvHeads },
      'llama.rope.freq_base': { f32: 100_000 },
      'llama.attention.layer_norm_rms_epsilon': { f32: 1e-5 },
      'general.file_type': { u32: 3 },
      'llama.vocab_size': { u32: tinyVocabulary },
      'llama.rope.dimension_count': { u32: sizes.headSize },
      ...tokenizer(),
      'general.quantization_version': { u32: 2 },
    },
    [
      embedding,
      ...Array.from({ length: sizes.layers }, (_, index) => layer(index)).flat(),
      norm('output_norm.weight'),
    ],
  );
}

/** Writes the file into `folder` and returns its path. */
export async function writeTinyModel(folder: string, options: TinyModelOptions = {}): Promise<string> {
  const file = path.join(folder, 'tiny.gguf');
  await writeFile(file, tinyModel(options));
  return file;
}
