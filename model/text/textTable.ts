// Finds a run of bytes among many texts without making a string of it: open addressing over hashes that can be added up.

import { SkeinError } from '../../core/errors.js';
import type { StringList } from '../formats/stringList.js';

/** Longer texts are in no vocabulary; the bound keeps the table of powers small. */
export const maxTokenBytes = 1 << 12;
/** Cells looked at for one text. Half of the cells are free, so that only texts made to collide need so many. */
const maxProbes = 1 << 10;

const base = 0x01000193;
/** base ** n modulo 2^32. */
const powers = new Int32Array(maxTokenBytes + 2);
powers[0] = 1;
for (let n = 1; n < powers.length; n++) powers[n] = Math.imul(powers[n - 1] as number, base);

/** The hash of a run one byte longer. */
export const extended = (hash: number, byte: number): number => (Math.imul(hash, base) + byte + 1) | 0;
/** The hash of two runs, one after the other; the second has `length` bytes, at most `maxTokenBytes` + 1. */
export const joined = (left: number, right: number, length: number): number =>
  (Math.imul(left, powers[length] as number) + right) | 0;
/** The hash of what lies between two places, from the hashes of all that comes before either. */
export const between = (before: number, upTo: number, length: number): number =>
  (upTo - Math.imul(before, powers[length] as number)) | 0;

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = extended(hash, bytes[i] as number);
  return hash;
}

/** The polynomial's low bits depend on few bytes; this spreads all of them (the finaliser of MurmurHash3). */
function spread(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class TextTable {
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  /** Hash and index + 1 of each cell, in turns; 0: free. */
  readonly #cells: Int32Array;
  readonly #mask: number;

  /** Of equal texts the first. Throws `tokenizer/unsupported` for texts longer than `maxTokenBytes` and for such that collide on purpose. */
  constructor(list: StringList) {
    this.#bytes = list.bytes;
    this.#starts = list.starts;
    const cells = 2 ** Math.ceil(Math.log2(Math.max(4, 2 * list.length)));
    this.#mask = cells - 1;
    this.#cells = new Int32Array(2 * cells);
    // Runs cold, once, over everything: no call and no pattern that is slow before the compiler has seen it.
    const { bytes, starts } = list;
    const taken = this.#cells;
    for (let index = 0, end = 0; index < list.length; index++) {
      const start = end;
      end = starts[index + 1] as number;
      if (end - start > maxTokenBytes) {
        throw new SkeinError(
          'tokenizer/unsupported',
          `Text ${index} of the vocabulary has ${end - start} bytes, at most ${maxTokenBytes} are read.`,
        );
      }
      let hash = 0;
      for (let i = start; i < end; i++) hash = (Math.imul(hash, base) + (bytes[i] as number) + 1) | 0;
      let cell = spread(hash) & this.#mask;
      let probes = 0;
      while (taken[2 * cell + 1] !== 0) {
        if (taken[2 * cell] === hash && this.#equal((taken[2 * cell + 1] as number) - 1, bytes, start, end))
          break;
        if (++probes > maxProbes)
          throw new SkeinError('tokenizer/unsupported', 'The texts of the vocabulary collide too often.');
        cell = (cell + 1) & this.#mask;
      }
      if (taken[2 * cell + 1] !== 0) continue;
      taken[2 * cell] = hash;
      taken[2 * cell + 1] = index + 1;
    }
  }

  #equal(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#starts[index] as number;
    if ((this.#starts[index + 1] as number) - own !== end - start) return false;
    for (let i = start, j = own; i < end; i++, j++) if (bytes[i] !== this.#bytes[j]) return false;
    return true;
  }

  /** Whether what stands before the byte 255 at `middle`, what stands after it, and both together are texts of the table. */
  hasPair(bytes: Uint8Array, start: number, middle: number, end: number): boolean {
    const left = hashOf(bytes, start, middle);
    const right = hashOf(bytes, middle + 1, end);
    if (end - start > maxTokenBytes || this.find(left, bytes, start, middle) < 0) return false;
    if (this.find(right, bytes, middle + 1, end) < 0) return false;
    const both = new Uint8Array(end - start - 1);
    for (let i = start; i < middle; i++) both[i - start] = bytes[i] as number;
    for (let i = middle + 1; i < end; i++) both[i - start - 1] = bytes[i] as number;
    return this.find(joined(left, right, end - middle - 1), both, 0, both.length) >= 0;
  }

  /** Index of the text with these bytes; -1 where there is none. */
  indexOf(text: Uint8Array): number {
    return this.find(hashOf(text, 0, text.length), text, 0, text.length);
  }

  /** Index of the text that stands in `bytes` from `start` to `end` and has this hash; -1 where there is none. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const cells = this.#cells;
    let cell = spread(hash) & this.#mask;
    for (let probes = 0; probes <= maxProbes; probes++, cell = (cell + 1) & this.#mask) {
      const index = (cells[2 * cell + 1] as number) - 1;
      if (index < 0) return -1;
      if (cells[2 * cell] === hash && this.#equal(index, bytes, start, end)) return index;
    }
    return -1;
  }

  /** The same for two runs of `bytes` that a byte 255 divides, which no text in UTF-8 has. */
  findPair(hash: number, bytes: Uint8Array, start: number, middle: number, end: number): number {
    const cells = this.#cells;
    let cell = spread(hash) & this.#mask;
    for (let probes = 0; probes <= maxProbes; probes++, cell = (cell + 1) & this.#mask) {
      const index = (cells[2 * cell + 1] as number) - 1;
      if (index < 0) return -1;
      if (cells[2 * cell] === hash && this.#equalPair(index, bytes, start, middle, end)) return index;
    }
    return -1;
  }

  #equalPair(index: number, bytes: Uint8Array, start: number, middle: number, end: number): boolean {
    let own = this.#starts[index] as number;
    if ((this.#starts[index + 1] as number) - own !== end - start + 1) return false;
    for (let i = start; i < middle; i++) if (bytes[i] !== this.#bytes[own++]) return false;
    if (this.#bytes[own++] !== separator) return false;
    for (let i = middle; i < end; i++) if (bytes[i] !== this.#bytes[own++]) return false;
    return true;
  }
}

/** Between the two parts of a merge. */
export const separator = 255;
/** The hash of two runs with the separator between; the second has `length` bytes. */
export const pairHash = (left: number, right: number, length: number): number =>
  joined(extended(left, separator), right, length);
