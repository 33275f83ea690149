// A Hugging Face folder as a source of weights: config.json says what it is, safetensors files hold its tensors, one or
// sharded. Keys and names are GGUF's, so that there is one description of each family; rows stay as the folder has them.

import { type ByteSource, fromUtf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import { dequantise } from './blocks.js';
import { configFile, type HuggingFaceConfig, readHuggingFaceConfig } from './huggingFaceConfig.js';
import { type HuggingFaceFamily, outerNames, rotaryDivisors } from './huggingFaceFamilies.js';
import { isObject, type JsonObject, parseObject } from './json.js';
import { readSafetensors, type StoredTensor, safetensorsTypes } from './safetensors.js';
import { entryOf, type ModelFolder, type WeightSource, type WeightTensor } from './source.js';

export const singleFile = 'model.safetensors';
export const indexFile = 'model.safetensors.index.json';
/** Read where they are there. */
export const companions = ['chat_template.jinja', 'tokenizer.json', 'tokenizer_config.json'] as const;
const limits = { jsonBytes: 1 << 24, templateBytes: 1 << 20, shards: 1_024 };
/** A plain name: an index must not lead out of the folder. */
const shardName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}\.safetensors$/;

const invalid = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('model/invalid', message, { cause });

interface Located extends StoredTensor {
  readonly source: ByteSource;
}

function fileOf(folder: ModelFolder, name: string): ByteSource {
  const file = folder.read(name);
  if (file === undefined) throw invalid(`The folder has no ${name}.`);
  return file;
}

/** A file of JSON; one that is too large is not read whole. */
function objectOf(source: ByteSource, name: string): JsonObject {
  const bytes = source.read(0, Math.min(source.size, limits.jsonBytes + 1));
  return parseObject(bytes, limits.jsonBytes, name, invalid);
}

/** Tensor -> file, or undefined where one file holds them all. */
function readIndex(folder: ModelFolder): ReadonlyMap<string, string> | undefined {
  if (folder.read(singleFile) !== undefined) return undefined;
  const source = folder.read(indexFile);
  if (source === undefined) throw invalid(`The folder has neither ${singleFile} nor ${indexFile}.`);
  const { weight_map: map } = objectOf(source, indexFile);
  if (!isObject(map)) throw invalid(`${indexFile} has no weight_map.`);
  const strange = Object.values(map).find(name => typeof name !== 'string' || !shardName.test(name));
  if (strange !== undefined)
    throw invalid(`${indexFile} names a file that is no safetensors file of the folder.`);
  if (new Set(Object.values(map)).size > limits.shards) throw invalid(`${indexFile} names too many files.`);
  return new Map(Object.entries(map as Record<string, string>));
}

function locate(folder: ModelFolder): Map<string, Located> {
  const index = readIndex(folder);
  const read = (name: string): Located[] => {
    const source = fileOf(folder, name);
    try {
      return [...readSafetensors(source).tensors.values()].map(tensor => ({ ...tensor, source }));
    } catch (thrown) {
      if (!(thrown instanceof SkeinError)) throw thrown;
      throw new SkeinError(thrown.code, `${name}: ${thrown.message}`, { data: thrown.data, cause: thrown });
    }
  };
  if (index === undefined) return new Map(read(singleFile).map(tensor => [tensor.name, tensor]));
  const located = new Map<string, Located>();
  for (const file of new Set(index.values())) {
    for (const tensor of read(file)) if (index.get(tensor.name) === file) located.set(tensor.name, tensor);
  }
  for (const [name, file] of index)
    if (!located.has(name)) throw invalid(`${file} has no tensor ${JSON.stringify(name.slice(0, 200))}.`);
  return located;
}

const layerName = /^model\.layers\.(0|[1-9]\d{0,3})\.(.+)\.(weight|bias)$/;

/** GGUF's name; what has none keeps its own, and no family has a place for it. */
function ggufName(family: HuggingFaceFamily, name: string): string {
  const match = layerName.exec(name);
  const part = match?.[2] ?? '';
  if (match === null || !Object.hasOwn(family.layer, part))
    return Object.hasOwn(outerNames, name) ? (outerNames[name] as string) : name;
  return `blk.${match[1]}.${family.layer[part]}.${match[3]}`;
}

const ggufLayerName = /^blk\.(\d+)\.(.+)\.(weight|bias)$/;

/** The other way round. */
function ownName(family: HuggingFaceFamily, name: string): string {
  const keyOf = (table: Readonly<Record<string, string>>, value: string | undefined): string | undefined =>
    Object.keys(table).find(key => table[key] === value);
  const [, layer, part, kind] = ggufLayerName.exec(name) ?? [];
  const own = keyOf(family.layer, part);
  if (own !== undefined) return `model.layers.${layer}.${own}.${kind}`;
  return keyOf(outerNames, name) ?? name;
}

/** Rotary tables of old checkpoints are computed, and a tied head is the embedding itself. */
const isLeftOver = (name: string, { tied }: HuggingFaceConfig): boolean =>
  name.endsWith('.rotary_emb.inv_freq') || (tied === true && name === 'lm_head.weight');

/**
 * Reads the folder's headers. Throws `model/invalid` and `safetensors/invalid` for files that are damaged or contradict each
 * other, `architecture/unsupported` for a model that is not built.
 */
export function readHuggingFace(folder: ModelFolder): WeightSource {
  const config = checkHuggingFaceConfig(folder);
  const located = new Map<string, Located>();
  for (const tensor of locate(folder).values()) {
    if (isLeftOver(tensor.name, config)) continue;
    const name = ggufName(config.family, tensor.name);
    if (located.has(name)) throw invalid(`Two tensors stand for ${ownName(config.family, name)}.`);
    located.set(name, { ...tensor, shape: tensor.shape.toReversed() });
  }
  if (config.tied === false && !located.has('output.weight'))
    throw invalid('The head is not tied to the embedding, but lm_head.weight is missing.');
  const template = chatTemplate(folder);
  const divisors = config.rotaryDivisors;
  const tensors = new Map<string, WeightTensor>(located);
  if (divisors !== undefined)
    tensors.set(rotaryDivisors, { shape: [divisors.length], type: 'F32', bytes: 0 });
  return {
    format: 'Hugging Face folder',
    rowOrder: 'halves',
    metadata: new Map([
      ...config.metadata,
      ...(template === undefined ? [] : [['tokenizer.chat_template', template] as const]),
    ]),
    tensors,
    folder,
    ownName: name => ownName(config.family, name),
    read(name) {
      if (name === rotaryDivisors && divisors !== undefined) return divisors.slice();
      const { type, source, offset, bytes } = entryOf(located, name);
      const values = dequantise(type, source.read(offset, bytes));
      const { normOffset } = config.family;
      if (normOffset !== 0 && name.endsWith('norm.weight'))
        for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + normOffset;
      return values;
    },
    blocks: () => undefined,
    rows(name, first, count) {
      const { type, source, offset, shape } = entryOf(located, name);
      const rowBytes = (shape[0] as number) * safetensorsTypes[type];
      return dequantise(type, source.read(offset + first * rowBytes, count * rowBytes));
    },
  };
}

/** Jinja in a file of its own, or in tokenizer_config.json: one, or several by name. */
function chatTemplate(folder: ModelFolder): string | undefined {
  const own = folder.read('chat_template.jinja');
  if (own !== undefined) {
    if (own.size > limits.templateBytes) throw invalid(`chat_template.jinja has ${own.size} bytes.`);
    return fromUtf8(own.read(0, own.size));
  }
  const file = folder.read('tokenizer_config.json');
  if (file === undefined) return undefined;
  const { chat_template: found } = objectOf(file, 'tokenizer_config.json');
  const named = Array.isArray(found)
    ? found.find(one => isObject(one) && one.name === 'default')?.template
    : found;
  return typeof named === 'string' ? named : undefined;
}

/** Refuses what `readHuggingFace` refuses before it looks at weights. */
export const checkHuggingFaceConfig = (folder: ModelFolder): HuggingFaceConfig =>
  readHuggingFaceConfig(objectOf(fileOf(folder, configFile), configFile));

/** Names of the files of a sharded model's weights. Throws `model/invalid`. */
export const shardsOf = (folder: ModelFolder): string[] => [...new Set(readIndex(folder)?.values())];

/** Names of the files that a model in this folder consists of, in code unit order; files that are missing are left out. */
export function huggingFaceFiles(folder: ModelFolder): string[] {
  const shards = shardsOf(folder);
  const weights = shards.length === 0 ? [singleFile] : [indexFile, ...shards];
  return [configFile, ...companions, ...weights].filter(name => folder.read(name) !== undefined).sort();
}
