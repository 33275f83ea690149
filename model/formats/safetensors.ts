// Reads and writes safetensors files: a JSON header and the tensors behind it. Source: the format's own description
// (huggingface/safetensors, README). F32, F16 and BF16; the same bytes for the same content.

import { type ByteSource, memorySource, utf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { NamedTensor } from '../../proto/messages.js';
import { dequantise } from './blocks.js';
import { encodeFloats, type FloatType } from './floats.js';
import { isObject, parseObject } from './json.js';

export type SafetensorsType = FloatType;

/** Where a tensor lies in its file. */
export interface StoredTensor {
  readonly name: string;
  readonly type: SafetensorsType;
  readonly shape: readonly number[];
  /** Of the first byte, from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in name order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In name order. */
  readonly tensors: readonly NamedTensor[];
}

/** More than any model has: what a header may ask for. */
const limits = { headerBytes: 1 << 24, tensors: 65_536, dimensions: 8 };
export const safetensorsTypes: Readonly<Record<SafetensorsType, number>> = { F32: 4, F16: 2, BF16: 2 };

const invalid = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('safetensors/invalid', message, { cause });

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const label = (name: string): string => `Tensor ${JSON.stringify(name.slice(0, 200))}`;

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value) || !Object.values(value).every(item => typeof item === 'string')) {
    throw invalid('The metadata are not texts by name.');
  }
  return value as Record<string, string>;
}

/** `start` and `size`: of the data behind the header. */
function readEntry(name: string, entry: unknown, start: number, size: number): StoredTensor {
  if (!isObject(entry)) throw invalid(`${label(name)} is not described by an object.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(safetensorsTypes, dtype))
    throw invalid(`${label(name)} is not of type F32, F16 or BF16.`);
  if (!Array.isArray(shape) || shape.length > limits.dimensions || !shape.every(isCount))
    throw invalid(`${label(name)} has no valid shape.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw invalid(`${label(name)} has no valid offsets.`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > size) throw invalid(`${label(name)} lies outside of the file.`);
  const type = dtype as SafetensorsType;
  let bytes = safetensorsTypes[type];
  for (const dimension of shape) bytes *= dimension;
  if (bytes !== end - begin)
    throw invalid(`${label(name)} has ${end - begin} bytes, its shape needs ${bytes}.`);
  return { name, type, shape, offset: start + begin, bytes };
}

/** Plain comparison of code units, as in every place where Skein puts tensors in name order. */
const byName = (a: { name: string }, b: { name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/**
 * The header of a file, believed in nothing that the file's size does not bear out. Throws `safetensors/invalid` for
 * anything that is not exactly tensors of known types, side by side without a gap.
 */
export function readSafetensors(source: ByteSource): SafetensorsHeader {
  if (source.size < 8) throw invalid('The file is too short.');
  const head = source.read(0, 8);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(Math.min(limits.headerBytes, source.size - 8)))
    throw invalid(`The header has ${length} bytes.`);
  const start = 8 + Number(length);
  const header = parseObject(source.read(8, Number(length)), limits.headerBytes, 'The header', invalid);
  const { __metadata__: metadata, ...entries } = header;
  const names = Object.keys(entries);
  if (names.length > limits.tensors)
    throw invalid(`There are ${names.length} tensors, at most ${limits.tensors} can be.`);
  const stored = names.map(name => readEntry(name, entries[name], start, source.size - start));
  let end = start;
  for (const { name, offset, bytes } of stored.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (offset !== end) throw invalid(`${label(name)} leaves a gap or overlaps.`);
    end += bytes;
  }
  if (end !== source.size) throw invalid(`${source.size - end} bytes belong to no tensor.`);
  const tensors = new Map(stored.toSorted(byName).map(tensor => [tensor.name, tensor]));
  return { metadata: readMetadata(metadata), tensors };
}

/** A whole file, decoded to float32. Throws `safetensors/invalid`. */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  const { metadata, tensors } = readSafetensors(memorySource(file));
  return {
    metadata,
    tensors: [...tensors.values()].map(({ name, type, shape, offset, bytes }) => ({
      name,
      shape,
      values: dequantise(type, file.subarray(offset, offset + bytes)),
    })),
  };
}

/** Tensors and metadata in name order, the header padded to 8 bytes. Throws a RangeError where values do not fill a shape. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
  dtype: SafetensorsType = 'F32',
): Uint8Array {
  const ordered = tensors.toSorted(byName);
  const sortedMetadata = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  const header: Record<string, unknown> =
    Object.keys(metadata).length === 0 ? {} : { __metadata__: sortedMetadata };
  let end = 0;
  for (const { name, shape, values } of ordered) {
    if (shape.reduce((product, size) => product * size, 1) !== values.length || Object.hasOwn(header, name)) {
      throw new RangeError(
        `Tensor ${name} stands twice or has ${values.length} values for the shape ${shape.join(' x ')}.`,
      );
    }
    const begin = end;
    end += values.length * safetensorsTypes[dtype];
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const head = utf8(json + ' '.repeat((8 - (utf8(json).length % 8)) % 8));
  const length = new Uint8Array(BigUint64Array.of(BigInt(head.length)).buffer);
  return new Uint8Array(
    Buffer.concat([length, head, ...ordered.map(({ values }) => encodeFloats(dtype, values))]),
  );
}
