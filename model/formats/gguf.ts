// Reads GGUF files, versions 2 and 3: metadata and where each tensor lies. A header is believed in nothing that the
// file's size does not bear out. Source: the GGUF specification of the GGML project (docs/gguf.md).

import type { ByteSource } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import { decodeBlocks, dequantise } from './blocks.js';
import { Cursor } from './cursor.js';
import { bounded, invalid, type MetadataValue, readMetadata, text } from './ggufMetadata.js';
import { type GgufType, ggufTypes, isBlockType, typeNumbers } from './ggufTypes.js';
import { shown } from './json.js';
import { entryOf, type WeightSource } from './source.js';

export interface GgufTensor {
  readonly name: string;
  readonly type: GgufType;
  /** In GGUF's order: the first dimension is the one whose values lie side by side. A matrix of N rows of K is [K, N]. */
  readonly shape: readonly number[];
  /** Number of values. */
  readonly count: number;
  /** Of the first byte, from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface Gguf extends WeightSource {
  readonly version: number;
  readonly source: ByteSource;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** By name, in the file's order. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** More than any model has: the bounds on what a header may ask for. */
const limits = { entries: 65_536, tensors: 65_536, nameBytes: 1_024, dimensions: 4 };

/** One entry of the tensor list; its offset is still relative to the data. */
function readTensor(cursor: Cursor, alignment: number): GgufTensor {
  const name = text(cursor, limits.nameBytes, 'a tensor name');
  const label = `Tensor ${JSON.stringify(name)}`;
  const dimensions = cursor.u32();
  if (dimensions < 1 || dimensions > limits.dimensions)
    throw invalid(`${label} has ${dimensions} dimensions.`);
  const shape: number[] = [];
  let count = 1;
  for (let i = 0; i < dimensions; i++) {
    const size = bounded(cursor, Number.MAX_SAFE_INTEGER, `A dimension of ${label}`);
    if (size === 0 || count > Number.MAX_SAFE_INTEGER / size)
      throw invalid(`${label} has a dimension of ${size}.`);
    count *= size;
    shape.push(size);
  }
  const number = cursor.u32();
  const type = typeNumbers[number];
  if (type === undefined)
    throw new SkeinError('gguf/unsupported', `${label} is of type ${number}, which is not known.`);
  const block = ggufTypes[type];
  if ((shape[0] as number) % block.values !== 0)
    throw invalid(`${label} has rows that are no whole blocks of ${block.values}.`);
  const bytes = (count / block.values) * block.bytes;
  const offset = bounded(cursor, Number.MAX_SAFE_INTEGER, `The offset of ${label}`);
  if (offset % alignment !== 0)
    throw invalid(`${label} lies at ${offset}, which is not a multiple of ${alignment}.`);
  return { name, type, shape, count, offset, bytes };
}

function alignmentOf(metadata: ReadonlyMap<string, MetadataValue>): number {
  const value = metadata.get('general.alignment') ?? 32;
  if (typeof value !== 'number' || !Number.isInteger(Math.log2(value)) || value < 1 || value > 65_536) {
    throw invalid(`general.alignment is ${shown(value)}, not a power of two up to 65536.`);
  }
  return value;
}

function readTensors(
  cursor: Cursor,
  count: number,
  alignment: number,
  size: number,
): Map<string, GgufTensor> {
  const listed: GgufTensor[] = [];
  for (let i = 0; i < count; i++) listed.push(readTensor(cursor, alignment));
  const start = Math.ceil(cursor.offset / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const tensor of listed) {
    if (tensors.has(tensor.name)) throw invalid(`Tensor ${JSON.stringify(tensor.name)} stands twice.`);
    // Each term is below 2^53, so that a sum too large to be exact still compares as too large.
    if (start + tensor.offset + tensor.bytes > size)
      throw invalid(`Tensor ${JSON.stringify(tensor.name)} reaches past the end of the file.`);
    tensors.set(tensor.name, { ...tensor, offset: start + tensor.offset });
  }
  const ordered = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < ordered.length; i++) {
    const [before, tensor] = [ordered[i - 1] as GgufTensor, ordered[i] as GgufTensor];
    if (before.offset + before.bytes > tensor.offset) {
      throw invalid(`Tensors ${JSON.stringify(before.name)} and ${JSON.stringify(tensor.name)} overlap.`);
    }
  }
  return tensors;
}

/** Throws `gguf/invalid`, or `gguf/unsupported` for versions and types that exist but are not read here. */
export function readGguf(source: ByteSource): Gguf {
  const cursor = new Cursor(source, 'gguf/invalid');
  if (cursor.left < 24 || cursor.u32() !== 0x46554747)
    throw invalid('The file does not start as a GGUF file does.');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    throw new SkeinError(
      'gguf/unsupported',
      `The file is GGUF version ${version} or big-endian; versions 2 and 3 in little-endian are read.`,
    );
  }
  // A tensor takes at least 32 bytes of the list, a metadata entry 13.
  const tensorCount = bounded(
    cursor,
    Math.min(limits.tensors, Math.floor(cursor.left / 32)),
    'The number of tensors',
  );
  const entryCount = bounded(
    cursor,
    Math.min(limits.entries, Math.floor(cursor.left / 13)),
    'The number of metadata entries',
  );
  const metadata = readMetadata(cursor, entryCount);
  const tensors = readTensors(cursor, tensorCount, alignmentOf(metadata), source.size);
  return { version, format: `GGUF ${version}`, source, metadata, tensors, ...reading(source, tensors) };
}

function reading(
  source: ByteSource,
  tensors: ReadonlyMap<string, GgufTensor>,
): Pick<WeightSource, 'rowOrder' | 'read' | 'blocks' | 'rows'> {
  const whole = ({ offset, bytes }: GgufTensor): Uint8Array => source.read(offset, bytes);
  return {
    rowOrder: 'gguf',
    read(name) {
      const tensor = entryOf(tensors, name);
      return dequantise(tensor.type, whole(tensor));
    },
    blocks(name) {
      const tensor = entryOf(tensors, name);
      return isBlockType(tensor.type) ? decodeBlocks(tensor.type, whole(tensor)) : undefined;
    },
    rows(name, first, count) {
      const { type, shape, offset } = entryOf(tensors, name);
      const block = ggufTypes[type];
      const rowBytes = ((shape[0] as number) / block.values) * block.bytes;
      return dequantise(type, source.read(offset + first * rowBytes, count * rowBytes));
    },
  };
}
