// Finds any of thousands of needles in one pass: a rolling hash over the shortest length (Karp and Rabin, 1987), then comparison.

import { minNeedleBytes } from './needles.js';

const base = 0x01000193;
const window = minNeedleBytes;
// base^(window - 1), to take the oldest byte out of the hash.
const oldest = Array.from({ length: window - 1 }).reduce<number>(power => Math.imul(power, base), 1);
const filterBits = 20;

export class Matcher {
  readonly #needles: readonly Uint8Array[];
  readonly #byHash = new Map<number, number[]>();
  readonly #filter = new Uint8Array(1 << filterBits);

  /** Every needle has at least `minNeedleBytes` bytes. */
  constructor(needles: readonly Uint8Array[]) {
    this.#needles = needles;
    for (const [index, needle] of needles.entries()) {
      if (needle.length < window) throw new RangeError('A needle is shorter than the window.');
      const hash = hashAt(needle, 0);
      const same = this.#byHash.get(hash);
      if (same === undefined) this.#byHash.set(hash, [index]);
      else same.push(index);
      this.#filter[hash >>> (32 - filterBits)] = 1;
    }
  }

  /** Indexes of the needles that stand anywhere in `haystack`. */
  find(haystack: Uint8Array): Set<number> {
    const found = new Set<number>();
    if (haystack.length < window) return found;
    let hash = hashAt(haystack, 0);
    for (let at = 0; ; at++) {
      if (this.#filter[hash >>> (32 - filterBits)] === 1) this.#check(haystack, at, hash, found);
      if (at + window >= haystack.length) return found;
      const without = (hash - Math.imul(haystack[at] as number, oldest)) | 0;
      hash = (Math.imul(without, base) + (haystack[at + window] as number)) >>> 0;
    }
  }

  #check(haystack: Uint8Array, at: number, hash: number, found: Set<number>): void {
    for (const index of this.#byHash.get(hash) ?? []) {
      if (!found.has(index) && standsAt(haystack, at, this.#needles[index] as Uint8Array)) found.add(index);
    }
  }
}

function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = 0; i < window; i++) hash = (Math.imul(hash, base) + (bytes[at + i] as number)) | 0;
  return hash >>> 0;
}

function standsAt(haystack: Uint8Array, at: number, needle: Uint8Array): boolean {
  if (at + needle.length > haystack.length) return false;
  for (let i = 0; i < needle.length; i++) if (haystack[at + i] !== needle[i]) return false;
  return true;
}
