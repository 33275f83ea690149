// Many short texts as one run of UTF-8: a vocabulary of a quarter million tokens costs its bytes, not an object for each.

import { isUtf8 } from 'node:buffer';

export class StringList implements Iterable<string> {
  readonly length: number;
  /** All texts, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each text starts in `bytes`; the last entry is where the last one ends. */
  readonly starts: Uint32Array;

  /** `starts` rises from 0 to at most the length of `bytes`. */
  constructor(bytes: Uint8Array, starts: Uint32Array) {
    this.bytes = bytes;
    this.starts = starts;
    this.length = starts.length - 1;
  }

  static of(texts: readonly string[]): StringList {
    const writer = new TextWriter();
    const starts = new Uint32Array(texts.length + 1);
    for (let index = 0; index < texts.length; index++)
      starts[index + 1] = writer.text(texts[index] as string);
    return new StringList(new Uint8Array(writer.bytes()), starts);
  }

  /** The text at this place; undefined where there is none. */
  at(index: number): string | undefined {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) return undefined;
    const { buffer, byteOffset } = this.bytes;
    const start = this.starts[index] as number;
    return Buffer.from(buffer, byteOffset + start, (this.starts[index + 1] as number) - start).toString();
  }

  /** The UTF-8 of the text at this place, a view. */
  bytesAt(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.starts[index + 1]);
  }

  /** Whether each of the texts is UTF-8: all are together, and none begins within a character. */
  isUtf8(): boolean {
    const { bytes, starts } = this;
    for (let i = 0; i < this.length; i++) {
      const start = starts[i] as number;
      if (start < (starts[i + 1] as number) && ((bytes[start] as number) & 0xc0) === 0x80) return false;
    }
    return isUtf8(bytes);
  }

  *[Symbol.iterator](): Generator<string> {
    for (let i = 0; i < this.length; i++) yield this.at(i) as string;
  }
}

/** Grows with the texts that are written into it, as UTF-8. */
export class TextWriter {
  #buffer = Buffer.allocUnsafe(1 << 12);
  #end = 0;

  /** Where the text ends. */
  text(text: string): number {
    const room = this.#room(3 * text.length);
    const start = this.#end;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.#end = start + room.write(text, start);
        return this.#end;
      }
      room[start + i] = code;
    }
    this.#end = start + text.length;
    return this.#end;
  }

  byte(byte: number): void {
    this.#room(1)[this.#end++] = byte;
  }

  /** Everything so far, a view that is good until more is written. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#end);
  }

  #room(count: number): Buffer {
    if (this.#end + count > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(2 * (this.#end + count));
      grown.set(this.#buffer.subarray(0, this.#end));
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}
