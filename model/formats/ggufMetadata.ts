// The metadata of a GGUF file: reads them within bounds, and gives them by their kind. Source: the GGUF specification of the
// GGML project (docs/gguf.md).

import { SkeinError } from '../../core/errors.js';
import type { Cursor } from './cursor.js';
import type { WeightSource } from './source.js';
import { StringList } from './stringList.js';

/** 64-bit integers beyond 2^53 are bigint, all other numbers are number. */
export type MetadataValue =
  | number
  | bigint
  | boolean
  | string
  | NumberList
  | StringList
  | readonly MetadataValue[];

/** Arrays of 32-bit numbers stand in one piece, as scores and types of a quarter million tokens do. */
export type NumberList = Uint32Array | Int32Array | Float32Array;

/** More than any model has, and little enough to hold: the bounds on what a header may ask for. */
const limits = {
  elements: 1 << 23,
  nesting: 4,
  keyBytes: 65_535,
  textBytes: 1 << 24,
  listBytes: 1 << 28,
};

export const invalid = (message: string): SkeinError => new SkeinError('gguf/invalid', message);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A count or length that must be at most `most`. */
export function bounded(cursor: Cursor, most: number, what: string): number {
  const value = cursor.u64();
  if (value > BigInt(most)) throw invalid(`${what} is ${value}, at most ${most} can be.`);
  return Number(value);
}

export function text(cursor: Cursor, most: number, what: string): string {
  const length = bounded(cursor, Math.min(most, cursor.left), `The length of ${what}`);
  try {
    return decoder.decode(cursor.bytes(length));
  } catch (cause) {
    if (cause instanceof SkeinError) throw cause;
    throw new SkeinError('gguf/invalid', `${what} is not UTF-8.`, { cause });
  }
}

const integer = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;

function boolean(cursor: Cursor): boolean {
  const value = cursor.u8();
  if (value > 1) throw invalid(`A boolean is ${value}.`);
  return value === 1;
}

interface ValueRow {
  /** Least bytes of one value in the file. */
  readonly bytes: number;
  read(cursor: Cursor): MetadataValue;
}

/** Metadata types by their number in the file; 9, the array, is read by `value` itself. */
const valueTypes: Readonly<Record<number, ValueRow>> = {
  0: { bytes: 1, read: c => c.u8() },
  1: { bytes: 1, read: c => c.i8() },
  2: { bytes: 2, read: c => c.u16() },
  3: { bytes: 2, read: c => c.i16() },
  4: { bytes: 4, read: c => c.u32() },
  5: { bytes: 4, read: c => c.i32() },
  6: { bytes: 4, read: c => c.f32() },
  7: { bytes: 1, read: boolean },
  8: { bytes: 8, read: c => text(c, limits.textBytes, 'a text') },
  10: { bytes: 8, read: c => integer(c.u64()) },
  11: { bytes: 8, read: c => integer(c.i64()) },
  12: { bytes: 8, read: c => c.f64() },
};
const numberLists: Readonly<Record<number, new (buffer: ArrayBuffer) => NumberList>> = {
  4: Uint32Array,
  5: Int32Array,
  6: Float32Array,
};
const textType = 8;
const arrayType = 9;

/** What a list takes besides its elements, however short it is, in elements. */
const listElements = 64;

/** `budget` counts the array elements of the whole header down. */
function value(cursor: Cursor, type: number, budget: { left: number }, depth: number): MetadataValue {
  if (type !== arrayType) {
    const row = valueTypes[type];
    if (row === undefined) throw invalid(`Metadata type ${type} does not exist.`);
    return row.read(cursor);
  }
  if (depth >= limits.nesting) throw invalid(`Arrays are nested more than ${limits.nesting} deep.`);
  const elementType = cursor.u32();
  const elementBytes = elementType === arrayType ? 12 : valueTypes[elementType]?.bytes;
  if (elementBytes === undefined) throw invalid(`Metadata type ${elementType} does not exist.`);
  const count = bounded(
    cursor,
    Math.min(budget.left, Math.floor(cursor.left / elementBytes)),
    'The length of an array',
  );
  budget.left -= count + listElements;
  if (budget.left < 0)
    throw invalid(`The metadata have more than ${limits.elements} elements, or too many lists.`);
  if (elementType === textType) return readTexts(cursor, count);
  const List = numberLists[elementType];
  if (List !== undefined) {
    const bytes = new Uint8Array(4 * count);
    cursor.copy(bytes, 0, bytes.length);
    return new List(bytes.buffer);
  }
  const out: MetadataValue[] = [];
  for (let i = 0; i < count; i++) out.push(value(cursor, elementType, budget, depth + 1));
  return out;
}

function readTexts(cursor: Cursor, count: number): StringList {
  const starts = new Uint32Array(count + 1);
  let bytes = new Uint8Array(Math.max(0, Math.min(cursor.left - 8 * count, limits.listBytes, 16 * count)));
  for (let i = 0, end = 0; i < count; i++) {
    const length = cursor.length();
    if (length > Math.min(limits.textBytes, cursor.left))
      throw invalid('A text in an array is longer than a text or the file can be.');
    if (end + length > limits.listBytes)
      throw invalid(`The texts of an array have more than ${limits.listBytes} bytes.`);
    if (end + length > bytes.length) {
      const grown = new Uint8Array(Math.min(limits.listBytes, Math.max(end + length, 2 * bytes.length)));
      grown.set(bytes.subarray(0, end));
      bytes = grown;
    }
    cursor.copy(bytes, end, length);
    end += length;
    starts[i + 1] = end;
  }
  const list = new StringList(bytes.slice(0, starts[count]), starts);
  if (!list.isUtf8()) throw invalid('A text in an array is not UTF-8.');
  return list;
}

export function readMetadata(cursor: Cursor, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>();
  const budget = { left: limits.elements };
  for (let i = 0; i < count; i++) {
    const key = text(cursor, limits.keyBytes, 'a metadata key');
    if (metadata.has(key)) throw invalid(`The metadata key ${JSON.stringify(key)} stands twice.`);
    metadata.set(key, value(cursor, cursor.u32(), budget, 0));
  }
  return metadata;
}

const isNumberList = (value: unknown): value is NumberList =>
  value instanceof Int32Array || value instanceof Float32Array || value instanceof Uint32Array;

const kinds = {
  number: (value: unknown): value is number => typeof value === 'number',
  string: (value: unknown): value is string => typeof value === 'string',
  boolean: (value: unknown): value is boolean => typeof value === 'boolean',
  numbers: (value: unknown): value is ArrayLike<number> =>
    isNumberList(value) || (Array.isArray(value) && value.every(v => typeof v === 'number')),
  strings: (value: unknown): value is StringList =>
    value instanceof StringList || (Array.isArray(value) && value.every(v => typeof v === 'string')),
};
interface KindTypes {
  number: number;
  string: string;
  boolean: boolean;
  numbers: ArrayLike<number>;
  strings: StringList;
}

/** The metadata value of a key: undefined where it is missing, `gguf/invalid` where it is of another kind. */
export function metadataOf<K extends keyof KindTypes>(
  source: Pick<WeightSource, 'metadata'>,
  key: string,
  kind: K,
): KindTypes[K] | undefined {
  const found = source.metadata.get(key);
  if (found === undefined) return undefined;
  if (!kinds[kind](found)) throw invalid(`The metadata ${JSON.stringify(key)} is not of the kind ${kind}.`);
  return (kind === 'strings' && Array.isArray(found) ? StringList.of(found) : found) as KindTypes[K];
}
