// A decoder's configuration, read from a model file's metadata and checked against its tensors before anything is loaded.

import { SkeinError } from '../../core/errors.js';
import type { LinearTarget } from '../../proto/messages.js';
import type { WeightSource } from '../formats/source.js';
import { families } from './families/index.js';
import type { Activation, FrozenWeight, Rotary } from './graph.js';

/** What of a model's files is needed to know what it is. Shapes in GGUF's order: a linear map is [inputs, outputs]. */
export type ModelHeader = Pick<WeightSource, 'metadata' | 'rowOrder'> & {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
};

export interface LayerWeights extends Readonly<Record<LinearTarget, FrozenWeight>> {
  readonly attentionNorm: string;
  readonly feedForwardNorm: string;
}

export interface DecoderConfig {
  readonly architecture: string;
  readonly hidden: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  readonly rotary: Rotary;
  readonly attentionScale: number;
  readonly activation: Activation;
  readonly embedding: { readonly weight: string; readonly scale: number };
  readonly layers: readonly LayerWeights[];
  readonly outputNorm: string;
  /** The embedding's own matrix where the two are tied. */
  readonly head: FrozenWeight;
}

/** How one family of models stands in a GGUF file. */
export interface Family {
  /** `general.architecture`, and the prefix of the keys below. */
  readonly architecture: string;
  readonly rotaryStyle: Rotary['style'];
  /** Where the file does not say. */
  readonly rotaryBase: number;
  readonly activation: Activation;
  readonly embeddingScale: (hidden: number) => number;
  /** Keys that, where present with another value, mean something that is not built. */
  readonly refused: Readonly<Record<string, readonly (string | number)[]>>;
  readonly tensors: {
    readonly embedding: string;
    readonly outputNorm: string;
    readonly head: string;
    /** `{layer}` stands for the number of the layer. */
    readonly layer: Readonly<Record<LinearTarget | 'attentionNorm' | 'feedForwardNorm', string>>;
  };
}

const maxLayers = 1024;
const maxSize = 1 << 20;

/** Throws `architecture/unsupported` for unknown kinds of model, `gguf/invalid` for a missing tensor or an impossible shape. */
export function readConfig(header: ModelHeader): DecoderConfig {
  const architecture = header.metadata.get('general.architecture');
  const family = families.find(one => one.architecture === architecture);
  if (family === undefined) {
    const known = families.map(one => one.architecture).join(', ');
    throw new SkeinError(
      'architecture/unsupported',
      `Architecture ${String(architecture)} is not one of: ${known}.`,
    );
  }
  refuseUnknown(family, header);
  const whole = wholeNumbers(family, header);
  const real = (key: string, fallback: number | undefined): number => {
    const value = header.metadata.get(`${family.architecture}.${key}`) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    throw invalid(`${family.architecture}.${key} is ${String(value)}, not a positive number`);
  };

  const hidden = whole('embedding_length', maxSize);
  const feedForward = whole('feed_forward_length', maxSize);
  const heads = whole('attention.head_count', maxSize);
  const kvHeads = whole('attention.head_count_kv', heads, heads);
  const headSize = whole('attention.key_length', maxSize, Math.floor(hidden / heads));
  const dimensions = whole('rope.dimension_count', headSize, headSize);
  const layerCount = whole('block_count', maxLayers);
  if (heads % kvHeads !== 0) throw invalid(`${heads} heads cannot share ${kvHeads} key heads`);
  if (whole('attention.value_length', maxSize, headSize) !== headSize)
    throw invalid('keys and values differ in size');
  if (dimensions % 2 !== 0) throw invalid(`${dimensions} rotary dimensions are not pairs`);

  const { tensors } = family;
  const vocabulary = header.tensors.get(tensors.embedding)?.shape[1] ?? 0;
  const expect = (name: string, ...shape: readonly number[]): string => {
    const found = header.tensors.get(name);
    if (found === undefined) throw invalid(`tensor ${name} is missing`);
    if (found.shape.length === shape.length && found.shape.every((size, index) => size === shape[index]))
      return name;
    throw invalid(`tensor ${name} is [${found.shape.join(', ')}], not [${shape.join(', ')}]`);
  };
  const linear = (name: string, rows: number, columns: number): FrozenWeight => ({
    name: expect(name, columns, rows),
    rows,
    columns,
  });

  const layers = Array.from({ length: layerCount }, (_, layer): LayerWeights => {
    const name = (part: keyof Family['tensors']['layer']): string =>
      tensors.layer[part].replace('{layer}', String(layer));
    return {
      attentionNorm: expect(name('attentionNorm'), hidden),
      feedForwardNorm: expect(name('feedForwardNorm'), hidden),
      q: linear(name('q'), heads * headSize, hidden),
      k: linear(name('k'), kvHeads * headSize, hidden),
      v: linear(name('v'), kvHeads * headSize, hidden),
      o: linear(name('o'), hidden, heads * headSize),
      gate: linear(name('gate'), feedForward, hidden),
      up: linear(name('up'), feedForward, hidden),
      down: linear(name('down'), hidden, feedForward),
    };
  });
  const config: DecoderConfig = {
    architecture: family.architecture,
    hidden,
    feedForward,
    heads,
    kvHeads,
    headSize,
    vocabulary,
    contextLength: whole('context_length', Number.MAX_SAFE_INTEGER),
    normEpsilon: real('attention.layer_norm_rms_epsilon', undefined),
    rotary: {
      base: real('rope.freq_base', family.rotaryBase),
      dimensions,
      style: header.rowOrder === 'halves' ? 'halves' : family.rotaryStyle,
    },
    attentionScale: 1 / Math.sqrt(headSize),
    activation: family.activation,
    embedding: {
      weight: expect(tensors.embedding, hidden, vocabulary),
      scale: family.embeddingScale(hidden),
    },
    layers,
    outputNorm: expect(tensors.outputNorm, hidden),
    head: linear(header.tensors.has(tensors.head) ? tensors.head : tensors.embedding, vocabulary, hidden),
  };
  refuseLeftOver(config, header);
  return config;
}

function wholeNumbers(family: Family, header: ModelHeader) {
  return (key: string, max: number, fallback?: number): number => {
    const value = header.metadata.get(`${family.architecture}.${key}`) ?? fallback;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= max) return number;
    throw invalid(`${family.architecture}.${key} is ${String(value)}, not a whole number from 1 to ${max}`);
  };
}

function refuseUnknown(family: Family, header: ModelHeader): void {
  for (const [key, allowed] of Object.entries(family.refused)) {
    const value = header.metadata.get(`${family.architecture}.${key}`);
    if (value === undefined || allowed.some(one => one === value)) continue;
    throw new SkeinError(
      'architecture/unsupported',
      `${family.architecture}.${key} = ${String(value)} is not supported.`,
    );
  }
}

/** A tensor that nobody uses (a bias, an expert) would make every result wrong without a word. */
function refuseLeftOver(config: DecoderConfig, header: ModelHeader): void {
  const used = new Set(weightNames(config));
  const left = [...header.tensors.keys()].filter(name => !used.has(name));
  if (left.length === 0) return;
  throw new SkeinError(
    'architecture/unsupported',
    `The model has tensors with no place in ${config.architecture}: ${left.slice(0, 3).join(', ')}.`,
  );
}

/** Every tensor of the file that the decoder uses. */
export function weightNames(config: DecoderConfig): string[] {
  const layers = config.layers.flatMap(({ attentionNorm, feedForwardNorm, q, k, v, o, gate, up, down }) => [
    attentionNorm,
    feedForwardNorm,
    ...[q, k, v, o, gate, up, down].map(weight => weight.name),
  ]);
  return [...new Set([config.embedding.weight, ...layers, config.outputNorm, config.head.name])];
}

const invalid = (text: string): SkeinError => new SkeinError('gguf/invalid', `Impossible model: ${text}.`);
