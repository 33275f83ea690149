// A decoder's configuration, read from a model file's metadata and checked against its tensors before anything is loaded.

import { SkeinError } from '../../core/errors.js';
import type { LinearTarget } from '../../proto/messages.js';
import { shown } from '../formats/json.js';
import type { WeightSource } from '../formats/source.js';
import { families } from './families/index.js';
import type { Activation, FrozenWeight, Rotary } from './graph.js';
import { type ExtraNorm, type LayerPart, layerTensor, modelTensors } from './tensorNames.js';

/** What of a model's files is needed to know what it is. Shapes in GGUF's order: a linear map is [inputs, outputs]. */
export type ModelHeader = Pick<WeightSource, 'metadata' | 'rowOrder' | 'ownName'> & {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
};

export interface Layer extends Readonly<Record<LinearTarget, FrozenWeight>> {
  readonly attentionNorm: string;
  readonly feedForwardNorm: string;
  /** Of each head, before it is rotated. */
  readonly queryNorm?: string;
  readonly keyNorm?: string;
  /** Of what attention and MLP give, before it is added. */
  readonly postAttentionNorm?: string;
  readonly postFeedForwardNorm?: string;
  readonly rotary: Rotary;
  /** Positions that a query sees, its own included; without it, all. */
  readonly window?: number;
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
  /** The same in all layers; it says in which order the rows of q and k stand. */
  readonly rotaryStyle: Rotary['style'];
  readonly attentionScale: number;
  readonly activation: Activation;
  readonly embedding: { readonly weight: string; readonly scale: number };
  readonly layers: readonly Layer[];
  readonly outputNorm: string;
  /** The embedding's own matrix where the two are tied. */
  readonly head: FrozenWeight;
}

/** What sets one family of models apart: all of it data, from which the decoder is described. */
export interface Family {
  /** `general.architecture`, and the prefix of the keys below. */
  readonly architecture: string;
  /** In a GGUF file; a Hugging Face folder always keeps halves. */
  readonly rotaryStyle: Rotary['style'];
  /** Where the file does not say. */
  readonly rotaryBase: number;
  readonly activation: Activation;
  readonly embeddingScale: (hidden: number) => number;
  /** Where the file does not say; otherwise 1 / sqrt(headSize). */
  readonly attentionScale?: (sizes: {
    readonly layers: number;
    readonly hidden: number;
    readonly heads: number;
    readonly headSize: number;
  }) => number;
  readonly norms: readonly ExtraNorm[];
  /** Linear maps with a bias. */
  readonly biases: readonly LinearTarget[];
  /** Some layers see a window and rotate by a base of their own; every so many-th sees all. Where the file does not say. */
  readonly window: { readonly rotaryBase: number; readonly fullEvery: number } | undefined;
  /** Keys that, where present with another value, mean something that is not built. */
  readonly refused: Readonly<Record<string, readonly (string | number)[]>>;
}

const maxLayers = 1024;
const maxSize = 1 << 20;

/**
 * Throws `architecture/unsupported` for unknown kinds of model, and for a missing tensor or an impossible shape `gguf/invalid`
 * or, where the files have names of their own, `model/invalid`.
 */
export function readConfig(header: ModelHeader): DecoderConfig {
  const invalid = invalidIn(header);
  const architecture = header.metadata.get('general.architecture');
  const family = families.find(one => one.architecture === architecture);
  if (family === undefined) {
    const known = families.map(one => one.architecture).join(', ');
    throw new SkeinError(
      'architecture/unsupported',
      `Architecture ${shown(architecture)} is not one of: ${known}.`,
    );
  }
  refuseUnknown(family, header);
  const whole = wholeNumbers(family, header);
  const real = (key: string, fallback: number | undefined): number => {
    const value = header.metadata.get(`${family.architecture}.${key}`) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    throw invalid(`${family.architecture}.${key} is ${shown(value)}, not a positive number`);
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

  const vocabulary = header.tensors.get(modelTensors.embedding)?.shape[1] ?? 0;
  const expect = (name: string, ...shape: readonly number[]): string => {
    const found = header.tensors.get(name);
    const own = header.ownName?.(name) ?? name;
    if (found === undefined) throw invalid(`tensor ${own} is missing`);
    if (found.shape.length === shape.length && found.shape.every((size, index) => size === shape[index]))
      return name;
    const sizes = (all: readonly number[]) => (header.ownName ? all.toReversed() : all).join(', ');
    throw invalid(`tensor ${own} is [${sizes(found.shape)}], not [${sizes(shape)}]`);
  };
  const linear = (name: string, rows: number, columns: number): FrozenWeight => ({
    name: expect(name, columns, rows),
    rows,
    columns,
  });

  const rotaryStyle = header.rowOrder === 'halves' ? 'halves' : family.rotaryStyle;
  const rotaryBase = real('rope.freq_base', family.rotaryBase);
  const divisor = rotaryDivisor(family, header, real, name => expect(name, dimensions / 2));
  const windowed = windowOf(family, header, layerCount, whole);
  const windowBase = family.window && real('rope.freq_base_swa', family.window.rotaryBase);
  const normWidths: Readonly<Record<ExtraNorm, number>> = {
    queryNorm: headSize,
    keyNorm: headSize,
    postAttentionNorm: hidden,
    postFeedForwardNorm: hidden,
  };
  const layers = Array.from({ length: layerCount }, (_, layer): Layer => {
    const norm = (part: LayerPart, width: number): string => expect(layerTensor(layer, part), width);
    const map = (part: LinearTarget, rows: number, columns: number): FrozenWeight => ({
      ...linear(layerTensor(layer, part), rows, columns),
      ...(family.biases.includes(part) ? { bias: expect(layerTensor(layer, part, 'bias'), rows) } : {}),
    });
    const window = windowed(layer);
    // What reaches no farther than its window needs no longer reach.
    const reach =
      window === undefined
        ? { base: rotaryBase, ...(divisor === undefined ? {} : { divisor }) }
        : { base: windowBase ?? rotaryBase };
    return {
      attentionNorm: norm('attentionNorm', hidden),
      feedForwardNorm: norm('feedForwardNorm', hidden),
      ...Object.fromEntries(family.norms.map(part => [part, norm(part, normWidths[part])])),
      q: map('q', heads * headSize, hidden),
      k: map('k', kvHeads * headSize, hidden),
      v: map('v', kvHeads * headSize, hidden),
      o: map('o', hidden, heads * headSize),
      gate: map('gate', feedForward, hidden),
      up: map('up', feedForward, hidden),
      down: map('down', hidden, feedForward),
      rotary: { ...reach, dimensions, style: rotaryStyle },
      ...(window === undefined ? {} : { window }),
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
    rotaryStyle,
    attentionScale: real(
      'attention.scale',
      family.attentionScale?.({ layers: layerCount, hidden, heads, headSize }) ?? 1 / Math.sqrt(headSize),
    ),
    activation: family.activation,
    embedding: {
      weight: expect(modelTensors.embedding, hidden, vocabulary),
      scale: family.embeddingScale(hidden),
    },
    layers,
    outputNorm: expect(modelTensors.outputNorm, hidden),
    head: linear(
      header.tensors.has(modelTensors.head) ? modelTensors.head : modelTensors.embedding,
      vocabulary,
      hidden,
    ),
  };
  refuseLeftOver(config, header);
  return config;
}

/** Linear scaling of positions (`rope.scaling.factor`), or a divisor for each frequency in a tensor of its own (Llama 3). */
function rotaryDivisor(
  family: Family,
  header: ModelHeader,
  real: (key: string, fallback: number | undefined) => number,
  expect: (name: string) => string,
): Rotary['divisor'] {
  const key = `${family.architecture}.rope.scaling`;
  const type = header.metadata.get(`${key}.type`) ?? 'linear';
  if (type !== 'linear' && type !== 'none')
    throw new SkeinError('architecture/unsupported', `${key}.type = ${shown(type)} is not supported.`);
  const factor = type === 'none' ? 1 : real('rope.scaling.factor', 1);
  if (!header.tensors.has(modelTensors.rotaryDivisors)) return factor === 1 ? undefined : factor;
  if (factor !== 1)
    throw new SkeinError(
      'architecture/unsupported',
      `${key}.factor and ${modelTensors.rotaryDivisors} exclude each other.`,
    );
  return expect(modelTensors.rotaryDivisors);
}

/** The window of a layer, where it has one: the file lists the layers that have, or every so many-th has none. */
function windowOf(
  family: Family,
  header: ModelHeader,
  layers: number,
  whole: ReturnType<typeof wholeNumbers>,
): (layer: number) => number | undefined {
  if (family.window === undefined) return () => undefined;
  const size = whole('attention.sliding_window', Number.MAX_SAFE_INTEGER);
  const key = 'attention.sliding_window_pattern';
  const listed = header.metadata.get(`${family.architecture}.${key}`);
  if (!Array.isArray(listed)) {
    const every = whole(key, maxLayers, family.window.fullEvery);
    return layer => ((layer + 1) % every === 0 ? undefined : size);
  }
  if (listed.length !== layers || !listed.every(one => typeof one === 'boolean'))
    throw invalidIn(header)(
      `${family.architecture}.${key} does not say for each of ${layers} layers whether it has one`,
    );
  return layer => (listed[layer] === true ? size : undefined);
}

function wholeNumbers(family: Family, header: ModelHeader) {
  return (key: string, max: number, fallback?: number): number => {
    const value = header.metadata.get(`${family.architecture}.${key}`) ?? fallback;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= max) return number;
    throw invalidIn(header)(
      `${family.architecture}.${key} is ${shown(value)}, not a whole number from 1 to ${max}`,
    );
  };
}

function refuseUnknown(family: Family, header: ModelHeader): void {
  for (const [key, allowed] of Object.entries(family.refused)) {
    const value = header.metadata.get(`${family.architecture}.${key}`);
    if (value === undefined || allowed.some(one => one === value)) continue;
    throw new SkeinError(
      'architecture/unsupported',
      `${family.architecture}.${key} = ${shown(value)} is not supported.`,
    );
  }
}

/** A tensor that nobody uses (a bias, an expert) would make every result wrong without a word. */
function refuseLeftOver(config: DecoderConfig, header: ModelHeader): void {
  const used = new Set(weightNames(config));
  const left = [...header.tensors.keys()]
    .filter(name => !used.has(name))
    .map(name => header.ownName?.(name) ?? name);
  if (left.length === 0) return;
  throw new SkeinError(
    'architecture/unsupported',
    `The model has tensors with no place in ${config.architecture}: ${left.slice(0, 3).join(', ')}.`,
  );
}

/** Every tensor of the file that the decoder uses. */
export function weightNames(config: DecoderConfig): string[] {
  const layers = config.layers.flatMap(({ q, k, v, o, gate, up, down, ...layer }) => [
    ...[q, k, v, o, gate, up, down].flatMap(({ name, bias }) => [name, bias]),
    ...[layer.attentionNorm, layer.queryNorm, layer.keyNorm, layer.postAttentionNorm],
    ...[layer.feedForwardNorm, layer.postFeedForwardNorm],
    typeof layer.rotary.divisor === 'string' ? layer.rotary.divisor : undefined,
  ]);
  const all = [config.embedding.weight, ...layers, config.outputNorm, config.head.name];
  return [...new Set(all.filter(name => name !== undefined))];
}

const invalidIn =
  ({ ownName }: ModelHeader) =>
  (text: string): SkeinError =>
    new SkeinError(ownName ? 'model/invalid' : 'gguf/invalid', `Impossible model: ${text}.`);
