// Makes a small random model of any family with a working tokenizer: the real programs run on it in seconds, from a seed.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SeededRandom } from '../../core/random.js';
import type { Family } from '../../model/architecture/config.js';
import { llama } from '../../model/architecture/families/llama.js';
import { type LayerPart, layerTensor } from '../../model/architecture/tensorNames.js';
import type { ReadableType } from '../../model/formats/ggufTypes.js';
import { characterOf } from '../../model/text/alphabet.js';
import { encodeGguf, type WritableTensor, type WritableValue } from './ggufWriter.js';
import { quantise } from './quantise.js';

export interface TinyModelOptions {
  /** Default 1. The same options give the same bytes. */
  readonly seed?: number;
  /** Default llama. */
  readonly family?: Family;
  /** Of families that have one: what the layers see of which not every `fullEvery`-th. Default 8 and 2. */
  readonly window?: number;
  readonly fullEvery?: number;
  /** Default 2 layers, hidden 64, feed-forward 128, 2 heads of 32, 1 key-value head, context 512. */
  readonly layers?: number;
  readonly hidden?: number;
  readonly feedForward?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headSize?: number;
  /** How much of each head is rotated. Default all. */
  readonly rotaryDimensions?: number;
  readonly contextLength?: number;
  /** Type of the linears; rows are multiples of 32 unless it is F32, F16 or BF16. Default Q4_1, as in the real file. */
  readonly weights?: ReadableType;
  /** Type of the embedding, which is also the head. Default Q8_0, as in the real file. */
  readonly embedding?: ReadableType;
}

const defaults = {
  seed: 1,
  family: llama,
  window: 8,
  fullEvery: 2,
  layers: 2,
  hidden: 64,
  feedForward: 128,
  heads: 2,
  kvHeads: 1,
  headSize: 32,
  contextLength: 512,
  weights: 'Q4_1',
  embedding: 'Q8_0',
} as const satisfies Required<Omit<TinyModelOptions, 'rotaryDimensions'>>;

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

  const vector = (name: string, width: number, deviation: number, mean: number): WritableTensor => ({
    name,
    type: 'F32',
    shape: [width],
    bytes: quantise('F32', draw(width, deviation, mean)),
  });
  const norm = (name: string, width: number = sizes.hidden): WritableTensor => vector(name, width, 0.1, 1);
  /** Outputs are as large as inputs, so that what attention and the MLP add counts beside the embedding. */
  const linear = (name: string, inputs: number, outputs: number): WritableTensor => ({
    name,
    type: sizes.weights,
    shape: [inputs, outputs],
    bytes: quantise(sizes.weights, draw(inputs * outputs, 1 / Math.sqrt(inputs))),
  });
  const { family } = sizes;
  const queries = sizes.heads * sizes.headSize;
  const keys = sizes.kvHeads * sizes.headSize;
  const outputs = {
    q: queries,
    k: keys,
    v: keys,
    o: sizes.hidden,
    gate: sizes.feedForward,
    up: sizes.feedForward,
    down: sizes.hidden,
  };
  const headNorms: readonly string[] = ['queryNorm', 'keyNorm'];
  const layer = (index: number): WritableTensor[] => {
    const name = (part: LayerPart): string => layerTensor(index, part);
    return [
      norm(name('attentionNorm')),
      linear(name('down'), sizes.feedForward, sizes.hidden),
      linear(name('gate'), sizes.hidden, sizes.feedForward),
      linear(name('up'), sizes.hidden, sizes.feedForward),
      norm(name('feedForwardNorm')),
      linear(name('k'), sizes.hidden, keys),
      linear(name('o'), queries, sizes.hidden),
      linear(name('q'), sizes.hidden, queries),
      linear(name('v'), sizes.hidden, keys),
      ...family.norms.map(part => norm(name(part), headNorms.includes(part) ? sizes.headSize : sizes.hidden)),
      ...family.biases.map(part => vector(layerTensor(index, part, 'bias'), outputs[part], 0.3, 0)),
    ];
  };
  const embedding: WritableTensor = {
    name: 'token_embd.weight',
    type: sizes.embedding,
    shape: [sizes.hidden, tinyVocabulary],
    bytes: quantise(sizes.embedding, draw(sizes.hidden * tinyVocabulary, 0.25)),
  };
  const key = (name: string): string => `${family.architecture}.${name}`;
  return encodeGguf(
    {
      'general.architecture': family.architecture,
      'general.type': 'model',
      'general.name': `Tiny random ${family.architecture}`,
      'general.license': 'apache-2.0',
      [key('block_count')]: { u32: sizes.layers },
      [key('context_length')]: { u32: sizes.contextLength },
      [key('embedding_length')]: { u32: sizes.hidden },
      [key('feed_forward_length')]: { u32: sizes.feedForward },
      [key('attention.head_count')]: { u32: sizes.heads },
      [key('attention.head_count_kv')]: { u32: sizes.kvHeads },
      [key('rope.freq_base')]: { f32: 100_000 },
      [key('attention.layer_norm_rms_epsilon')]: { f32: 1e-5 },
      'general.file_type': { u32: 3 },
      [key('vocab_size')]: { u32: tinyVocabulary },
      [key('rope.dimension_count')]: { u32: sizes.rotaryDimensions ?? sizes.headSize },
      [key('attention.key_length')]: { u32: sizes.headSize },
      ...(family.window && {
        [key('attention.sliding_window')]: { u32: sizes.window },
        [key('attention.sliding_window_pattern')]: { u32: sizes.fullEvery },
      }),
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
