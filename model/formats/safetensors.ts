// Reads and writes safetensors files: a JSON header and the tensors behind it. Source: the format's own description
// (huggingface/safetensors, README). In: F32, F16, BF16; out: F32, the same bytes for the same content.

import { fromUtf8, utf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { NamedTensor } from '../../proto/messages.js';
import { dequantise } from './blocks.js';
import { quantise } from './quantise.js';

export interface SafetensorsFile {
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In name order. */
  readonly tensors: readonly NamedTensor[];
}

const limits = { headerBytes: 1 << 20, tensors: 16_384, dimensions: 8 };
const valueBytes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

const invalid = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('safetensors/invalid', message, { cause });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readHeader(file: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (file.length < 8) throw invalid('The file is too short.');
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(Math.min(limits.headerBytes, file.length - 8)))
    throw invalid(`The header has ${length} bytes.`);
  const end = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(fromUtf8(file.subarray(8, end)));
  } catch (cause) {
    throw invalid('The header is not JSON.', cause);
  }
  if (!isObject(header)) throw invalid('The header is not an object.');
  return { header, data: file.subarray(end) };
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value) || !Object.values(value).every(item => typeof item === 'string')) {
    throw invalid('The metadata are not texts by name.');
  }
  return value as Record<string, string>;
}

interface Placed {
  readonly name: string;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, entry: unknown, size: number): Placed {
  const label = `Tensor ${JSON.stringify(name.slice(0, 200))}`;
  if (!isObject(entry)) throw invalid(`${label} is not described by an object.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(valueBytes, dtype))
    throw invalid(`${label} is not of type F32, F16 or BF16.`);
  if (!Array.isArray(shape) || shape.length > limits.dimensions || !shape.every(isCount))
    throw invalid(`${label} has no valid shape.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw invalid(`${label} has no valid offsets.`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > size) throw invalid(`${label} lies outside of the file.`);
  let bytes = valueBytes[dtype] as number;
  for (const dimension of shape) bytes *= dimension;
  if (bytes !== end - begin) throw invalid(`${label} has ${end - begin} bytes, its shape needs ${bytes}.`);
  return { name, dtype: dtype as Placed['dtype'], shape, begin, end };
}

/** Plain comparison of code units, as in every place where Skein puts tensors in name order. */
const byName = (a: { name: string }, b: { name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/** Throws `safetensors/invalid`. Takes memory for the tensors only after the whole header was found sound. */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, data } = readHeader(file);
  const { __metadata__: metadata, ...entries } = header;
  const names = Object.keys(entries);
  if (names.length > limits.tensors)
    throw invalid(`There are ${names.length} tensors, at most ${limits.tensors} can be.`);
  const placed = names.map(name => readEntry(name, entries[name], data.length));
  let end = 0;
  for (const tensor of placed.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin !== end)
      throw invalid(`Tensor ${JSON.stringify(tensor.name.slice(0, 200))} leaves a gap or overlaps.`);
    end = tensor.end;
  }
  if (end !== data.length) throw invalid(`${data.length - end} bytes belong to no tensor.`);
  const tensors = placed.toSorted(byName).map(({ name, dtype, shape, begin, end }) => ({
    name,
    shape,
    values: dequantise(dtype, data.subarray(begin, end)),
  }));
  return { metadata: readMetadata(metadata), tensors };
}

/** Tensors and metadata in name order, the header padded to 8 bytes. Throws a RangeError where values do not fill a shape. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
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
    end += values.length * 4;
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const head = utf8(json + ' '.repeat((8 - (utf8(json).length % 8)) % 8));
  const length = new Uint8Array(BigUint64Array.of(BigInt(head.length)).buffer);
  return new Uint8Array(
    Buffer.concat([length, head, ...ordered.map(({ values }) => quantise('F32', values))]),
  );
}
