// config.json of a Hugging Face folder as GGUF's metadata. What would change results and has no key there is refused.
// Sources: the configuration classes of transformers, and the keys of GGUF's specification and of llama.cpp.

import { SkeinError } from '../../core/errors.js';
import { type HuggingFaceFamily, huggingFaceFamilies } from './huggingFaceFamilies.js';
import { readRotary } from './huggingFaceRotary.js';
import { type Fields, fieldsOf, type JsonObject, shown } from './json.js';

export interface HuggingFaceConfig {
  readonly family: HuggingFaceFamily;
  /** Undefined where the file does not say: then the head is tied unless there is a matrix for it. */
  readonly tied: boolean | undefined;
  readonly metadata: ReadonlyMap<string, unknown>;
  /** GGUF's `rope_freqs.weight`, which a folder gives by a formula. */
  readonly rotaryDivisors: Float32Array | undefined;
}

export const configFile = 'config.json';

const invalid = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('model/invalid', message, { cause });
const unsupported = (message: string): SkeinError =>
  new SkeinError('architecture/unsupported', `${configFile}: ${message}`);

/** Throws `model/invalid` for a file that contradicts itself, `architecture/unsupported` for what is not built. */
export function readHuggingFaceConfig(object: JsonObject): HuggingFaceConfig {
  const fields = fieldsOf(object, configFile, invalid);
  const modelType = fields.text('model_type');
  const family = huggingFaceFamilies.find(one => one.modelType === modelType);
  if (family === undefined) {
    const known = huggingFaceFamilies.map(one => one.modelType).join(', ');
    throw unsupported(`model_type ${shown(modelType)} is not one of: ${known}.`);
  }
  refuseQuantised(object);
  const activation = fields.text(family.activation.key) ?? family.activation.value;
  if (activation !== family.activation.value)
    throw unsupported(`${family.activation.key} ${shown(activation)} is not ${family.activation.value}.`);
  const { entries, divisors } = readRotary(fields, family, headSizeOf(fields, family), {
    invalid,
    unsupported,
  });
  const own = [...sizes(fields, family), ...entries, ...attention(fields, family)];
  return {
    family,
    tied: fields.flag('tie_word_embeddings'),
    metadata: new Map<string, unknown>([
      ['general.architecture', family.architecture],
      ...own.map(([key, value]): [string, unknown] => [`${family.architecture}.${key}`, value]),
      ...tokenIds(object),
    ]),
    rotaryDivisors: divisors,
  };
}

type Entries = [key: string, value: unknown][];

/** Weights of another kind than floats stand under other names; the file says so here. */
function refuseQuantised(object: JsonObject): void {
  if (object.quantization_config !== undefined && object.quantization_config !== null)
    throw unsupported('the weights are quantised; folders of F32, F16 and BF16 weights are read.');
}

/** Beyond any model; tables are computed for each value of a head before tensors bear it out. */
const [maxSize, maxHeadSize] = [1 << 24, 1 << 16];

function needed(fields: Fields, key: string): number {
  const value = fields.whole(key, maxSize);
  if (value === undefined) throw invalid(`${configFile} has no ${key}.`);
  return value;
}

function headSizeOf(fields: Fields, family: HuggingFaceFamily): number {
  const given = fields.whole('head_dim', maxHeadSize);
  if (given !== undefined || family.headSize !== 'hidden / heads')
    return given ?? (family.headSize as number);
  const derived = Math.floor(needed(fields, 'hidden_size') / needed(fields, 'num_attention_heads'));
  if (derived < 1 || derived > maxHeadSize)
    throw invalid(`${configFile}: heads would have ${derived} values.`);
  return derived;
}

function sizes(fields: Fields, family: HuggingFaceFamily): Entries {
  const headSize = headSizeOf(fields, family);
  const heads = needed(fields, 'num_attention_heads');
  return [
    ['context_length', needed(fields, 'max_position_embeddings')],
    ['embedding_length', needed(fields, 'hidden_size')],
    ['block_count', needed(fields, 'num_hidden_layers')],
    ['feed_forward_length', needed(fields, 'intermediate_size')],
    ['attention.head_count', heads],
    ['attention.head_count_kv', fields.whole('num_key_value_heads') ?? heads],
    ['attention.key_length', headSize],
    ['attention.value_length', headSize],
    ['attention.layer_norm_rms_epsilon', fields.positive('rms_norm_eps') ?? family.normEpsilon],
  ];
}

function attention(fields: Fields, family: HuggingFaceFamily): Entries {
  if (fields.flag('use_bidirectional_attention') === true) throw unsupported('attention is not causal.');
  const entries: Entries = [];
  for (const key of ['final_logit_softcapping', 'attn_logit_softcapping']) {
    const cap = fields.positive(key);
    if (cap !== undefined) entries.push([key, cap]);
  }
  const scalar = fields.positive('query_pre_attn_scalar');
  if (scalar !== undefined) entries.push(['attention.scale', 1 / Math.sqrt(scalar)]);
  const window = fields.whole('sliding_window');
  const pattern = windowPattern(fields, family);
  if (window === undefined || pattern === 'none') return entries;
  return [
    ...entries,
    ['attention.sliding_window', window],
    ...(pattern === 'all' ? [] : ([['attention.sliding_window_pattern', pattern]] as Entries)),
  ];
}

/** Every how many layers one attends to all positions. */
function windowPattern(fields: Fields, family: HuggingFaceFamily): number | 'none' | 'all' {
  const kinds = fields.texts('layer_types');
  if (kinds === undefined) {
    if (family.architecture === 'gemma3')
      return fields.whole('sliding_window_pattern') ?? fields.whole('_sliding_window_pattern') ?? 6;
    return fields.flag('use_sliding_window') === false ? 'none' : 'all';
  }
  if (kinds.length !== fields.whole('num_hidden_layers'))
    throw invalid(`${configFile}: layer_types are ${kinds.length}, one for each layer is needed.`);
  const strange = kinds.find(kind => kind !== 'full_attention' && kind !== 'sliding_attention');
  if (strange !== undefined) throw unsupported(`layers of the kind ${shown(strange)} are not built.`);
  const first = kinds.indexOf('full_attention') + 1;
  if (!kinds.includes('sliding_attention')) return 'none';
  // Where no layer of a short model is full, any period beyond its depth says so.
  const period = first === 0 ? kinds.length + 1 : first;
  const periodic = kinds.every((kind, i) => (kind === 'full_attention') === ((i + 1) % period === 0));
  if (!periodic) throw unsupported('layers with and without a window do not alternate evenly.');
  return period;
}

/** The end of a sequence may be several tokens: the first is the tokenizer's, all of them stop. */
function tokenIds(object: JsonObject): Entries {
  const entries: Entries = [];
  for (const [key, name] of [
    ['bos_token_id', 'tokenizer.ggml.bos_token_id'],
    ['eos_token_id', 'tokenizer.ggml.eos_token_id'],
  ] as const) {
    const value = object[key];
    const id = Array.isArray(value) ? value[0] : value;
    if (id === undefined || id === null) continue;
    if (!Number.isInteger(id) || id < 0) throw invalid(`${configFile}: ${key} is ${shown(id)}, not a token.`);
    entries.push([name, id]);
  }
  return entries;
}
