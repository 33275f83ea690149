// Writes GGUF version 3, for the small models that tests make.

import { utf8 } from '../../core/bytes.js';
import { type GgufType, ggufTypes, typeNumbers } from '../../model/formats/ggufTypes.js';

/** Numbers carry their type in the file, since JavaScript has one for all of them. */
export type WritableValue =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly strings: readonly string[] }
  | { readonly i32s: readonly number[] }
  | boolean
  | string;

export interface WritableTensor {
  readonly name: string;
  readonly type: GgufType;
  /** GGUF's order: the length of a row first. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

class Writer {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  bytes(part: Uint8Array): void {
    this.#parts.push(part);
    this.length += part.length;
  }

  number(size: number, write: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(size));
    write(view);
    this.bytes(new Uint8Array(view.buffer));
  }

  u32(value: number): void {
    this.number(4, view => view.setUint32(0, value, true));
  }

  u64(value: number): void {
    this.number(8, view => view.setBigUint64(0, BigInt(value), true));
  }

  text(value: string): void {
    const bytes = utf8(value);
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  align(alignment: number): void {
    this.bytes(new Uint8Array((alignment - (this.length % alignment)) % alignment));
  }

  whole(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

const typeNumber = (type: GgufType): number =>
  Number(Object.entries(typeNumbers).find(([, name]) => name === type)?.[0]);

function writeArray<T>(
  writer: Writer,
  elementType: number,
  items: readonly T[],
  write: (item: T) => void,
): void {
  writer.u32(9);
  writer.u32(elementType);
  writer.u64(items.length);
  for (const item of items) write(item);
}

function writeValue(writer: Writer, value: WritableValue): void {
  if (typeof value === 'boolean') {
    writer.u32(7);
    writer.bytes(new Uint8Array([value ? 1 : 0]));
  } else if (typeof value === 'string') {
    writer.u32(8);
    writer.text(value);
  } else if ('u32' in value) {
    writer.u32(4);
    writer.u32(value.u32);
  } else if ('f32' in value) {
    writer.u32(6);
    writer.number(4, view => view.setFloat32(0, value.f32, true));
  } else if ('strings' in value) {
    writeArray(writer, 8, value.strings, item => writer.text(item));
  } else {
    writeArray(writer, 5, value.i32s, item => writer.number(4, view => view.setInt32(0, item, true)));
  }
}

/** The bytes of a file; the same input gives the same bytes. Throws a RangeError where bytes and shape disagree. */
export function encodeGguf(
  metadata: Readonly<Record<string, WritableValue>>,
  tensors: readonly WritableTensor[],
): Uint8Array {
  const alignment = 32;
  const writer = new Writer();
  writer.u32(0x46554747);
  writer.u32(3);
  writer.u64(tensors.length);
  writer.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    writer.text(key);
    writeValue(writer, value);
  }
  let offset = 0;
  for (const { name, type, shape, bytes } of tensors) {
    const block = ggufTypes[type];
    const expected = (shape.reduce((product, size) => product * size, 1) / block.values) * block.bytes;
    if (bytes.length !== expected)
      throw new RangeError(`Tensor ${name} has ${bytes.length} bytes, not ${expected}.`);
    writer.text(name);
    writer.u32(shape.length);
    for (const size of shape) writer.u64(size);
    writer.u32(typeNumber(type));
    writer.u64(offset);
    offset += Math.ceil(bytes.length / alignment) * alignment;
  }
  writer.align(alignment);
  for (const { bytes } of tensors) {
    writer.bytes(bytes);
    writer.align(alignment);
  }
  return writer.whole();
}
