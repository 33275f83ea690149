// Reads little-endian values one after the other from a byte source, through a window, and never past the end.

import type { ByteSource } from '../../core/bytes.js';
import { type ErrorCode, SkeinError } from '../../core/errors.js';

const windowBytes = 1 << 20;

export class Cursor {
  readonly #source: ByteSource;
  readonly #code: ErrorCode;
  #start = 0;
  #window: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;

  /** `code` is what a read past the end throws. */
  constructor(source: ByteSource, code: ErrorCode) {
    this.#source = source;
    this.#code = code;
  }

  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.#source.size - this.#offset;
  }

  /** Puts the next `count` bytes into the window and returns where they start in it. */
  #need(count: number): number {
    if (count > this.left) {
      throw new SkeinError(
        this.#code,
        `The file ends at byte ${this.#source.size}, ${count} bytes were expected at ${this.#offset}.`,
      );
    }
    let at = this.#offset - this.#start;
    if (at + count > this.#window.length) {
      this.#start = this.#offset;
      this.#window = this.#source.read(this.#offset, Math.min(this.left, Math.max(count, windowBytes)));
      this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, this.#window.byteLength);
      at = 0;
    }
    this.#offset += count;
    return at;
  }

  /** A view that is good until the next read. */
  bytes(count: number): Uint8Array {
    const at = this.#need(count);
    return this.#window.subarray(at, at + count);
  }

  /** Copies the next `count` bytes to `target`, from `at` on. */
  copy(target: Uint8Array, at: number, count: number): void {
    const from = this.#need(count);
    // Short runs are the rule, and there a loop is faster than a view.
    if (count > 64) target.set(this.#window.subarray(from, from + count), at);
    else for (let i = 0; i < count; i++) target[at + i] = this.#window[from + i] as number;
  }

  u8(): number {
    const at = this.#need(1);
    return this.#view.getUint8(at);
  }

  i8(): number {
    const at = this.#need(1);
    return this.#view.getInt8(at);
  }

  u16(): number {
    const at = this.#need(2);
    return this.#view.getUint16(at, true);
  }

  i16(): number {
    const at = this.#need(2);
    return this.#view.getInt16(at, true);
  }

  u32(): number {
    const at = this.#need(4);
    return this.#view.getUint32(at, true);
  }

  i32(): number {
    const at = this.#need(4);
    return this.#view.getInt32(at, true);
  }

  f32(): number {
    const at = this.#need(4);
    return this.#view.getFloat32(at, true);
  }

  f64(): number {
    const at = this.#need(8);
    return this.#view.getFloat64(at, true);
  }

  u64(): bigint {
    const at = this.#need(8);
    return this.#view.getBigUint64(at, true);
  }

  /** A 64-bit length as a number; Infinity where it is 2^32 or more. */
  length(): number {
    const at = this.#need(8);
    return this.#view.getUint32(at + 4, true) === 0
      ? this.#view.getUint32(at, true)
      : Number.POSITIVE_INFINITY;
  }

  i64(): bigint {
    const at = this.#need(8);
    return this.#view.getBigInt64(at, true);
  }
}
