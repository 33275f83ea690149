// Byte-pair encoding (Sennrich, Haddow and Birch, 2016): joins the two neighbours that come first in the order of merges,
// until none are left to join. The order is a list of pairs, or the score of what the pair makes (SentencePiece).

import { PlaceHeap } from './heap.js';
import { between, extended, maxTokenBytes, pairHash, type TextTable } from './textTable.js';

export type MergeOrder =
  /** Place of "left 255 right" in the list: lowest first. */
  | { readonly kind: 'pairs'; readonly pairs: TextTable }
  /** Score of the token that left and right make: highest first. */
  | { readonly kind: 'scores'; readonly scores: Float32Array };

export interface BytePairOptions {
  readonly tokens: TextTable;
  /** 1 for the tokens that text may become: no control tokens, and none that stand for a byte. */
  readonly plain: Uint8Array;
  readonly order: MergeOrder;
  /** A text that is a token as a whole is taken as that. */
  readonly whole: boolean;
  /** Byte -> token, or -1: what stands for characters without a token. */
  readonly bytes: Int32Array;
  /** Stands for a character where one of its bytes has no token; runs of them are one. Undefined: left out. */
  readonly unknown: number | undefined;
}

/** Length of a UTF-8 character by the upper half of its first byte; a stray continuation byte is one by itself. */
export const characterLengths = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4);

/** n bytes take n log n steps and, while they are encoded, about 50 bytes of memory for each. */
export class BytePairs {
  readonly #options: BytePairOptions;
  readonly #heap = new PlaceHeap();
  /** Of the symbol at each place: its first byte, and the places of its neighbours. A symbol ends where the next one starts. */
  #starts = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Priority of joining the symbol with the next one; Infinity where they do not join. */
  #priorities = new Float64Array(0);
  /** Hash of all bytes before each place. */
  #hashes = new Int32Array(0);

  constructor(options: BytePairOptions) {
    this.#options = options;
  }

  /** Appends the tokens of `bytes` from `start` to `end` to `ids`. */
  encode(bytes: Uint8Array, start: number, end: number, ids: number[]): void {
    const size = end - start;
    if (size === 0) return;
    if (size >= this.#starts.length) this.#resize(Math.max(256, 2 ** Math.ceil(Math.log2(size + 1))));
    const hashes = this.#hashes;
    hashes[0] = 0;
    for (let i = 0; i < size; i++) hashes[i + 1] = extended(hashes[i] as number, bytes[start + i] as number);
    if (this.#options.whole && size <= maxTokenBytes) {
      const id = this.#find(hashes[size] as number, bytes, start, end);
      if (id >= 0) {
        ids.push(id);
        return;
      }
    }
    const count = this.#split(bytes, start, size);
    this.#merge(bytes, start, count);
    for (let place = 0; place < count; place = this.#next[place] as number) {
      const from = this.#starts[place] as number;
      const to = this.#starts[this.#next[place] as number] as number;
      this.#push(bytes, start, from, to, ids);
    }
    if (size > 1 << 16) {
      this.#resize(0);
      this.#heap.shrink();
    }
  }

  /** One symbol for each character; the number of them. */
  #split(bytes: Uint8Array, start: number, size: number): number {
    const [starts, next, previous] = [this.#starts, this.#next, this.#previous];
    let count = 0;
    for (let i = 0; i < size; count++) {
      starts[count] = i;
      next[count] = count + 1;
      previous[count] = count - 1;
      i = Math.min(size, i + (characterLengths[(bytes[start + i] as number) >> 4] as number));
    }
    starts[count] = size;
    return count;
  }

  #merge(bytes: Uint8Array, start: number, count: number): void {
    const [next, previous, priorities] = [this.#next, this.#previous, this.#priorities];
    const heap = this.#heap;
    for (let place = 0; place < count; place++) this.#offer(bytes, start, place, count);
    while (heap.pop()) {
      const place = heap.place;
      // Stale where one of the two was joined meanwhile.
      if (priorities[place] !== heap.priority) continue;
      const gone = next[place] as number;
      priorities[gone] = Number.POSITIVE_INFINITY;
      next[place] = next[gone] as number;
      if ((next[place] as number) < count) previous[next[place] as number] = place;
      if ((previous[place] as number) >= 0) this.#offer(bytes, start, previous[place] as number, count);
      this.#offer(bytes, start, place, count);
    }
  }

  #offer(bytes: Uint8Array, start: number, place: number, count: number): void {
    const right = this.#next[place] as number;
    const priority = right < count ? this.#priority(bytes, start, place, right) : Number.POSITIVE_INFINITY;
    this.#priorities[place] = priority;
    if (priority !== Number.POSITIVE_INFINITY) this.#heap.push(priority, place);
  }

  #priority(bytes: Uint8Array, start: number, place: number, right: number): number {
    const from = this.#starts[place] as number;
    const middle = this.#starts[right] as number;
    const to = this.#starts[this.#next[right] as number] as number;
    if (to - from > maxTokenBytes) return Number.POSITIVE_INFINITY;
    const { order } = this.#options;
    const before = this.#hashes[from] as number;
    const upTo = this.#hashes[to] as number;
    if (order.kind === 'scores') {
      const id = this.#find(between(before, upTo, to - from), bytes, start + from, start + to);
      return id < 0 ? Number.POSITIVE_INFINITY : -(order.scores[id] as number);
    }
    const half = this.#hashes[middle] as number;
    const hash = pairHash(
      between(before, half, middle - from),
      between(half, upTo, to - middle),
      to - middle,
    );
    const rank = order.pairs.findPair(hash, bytes, start + from, start + middle, start + to);
    return rank < 0 ? Number.POSITIVE_INFINITY : rank;
  }

  #push(bytes: Uint8Array, start: number, from: number, to: number, ids: number[]): void {
    const hash = between(this.#hashes[from] as number, this.#hashes[to] as number, to - from);
    const id = this.#find(hash, bytes, start + from, start + to);
    if (id >= 0) {
      ids.push(id);
      return;
    }
    const { unknown } = this.#options;
    if (unknown !== undefined && this.#lacks(bytes, start + from, start + to)) {
      if (ids.at(-1) !== unknown) ids.push(unknown);
      return;
    }
    for (let i = start + from; i < start + to; i++) {
      const byte = this.#options.bytes[bytes[i] as number] as number;
      if (byte >= 0) ids.push(byte);
    }
  }

  #find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.#options.tokens.find(hash, bytes, start, end);
    return id >= 0 && this.#options.plain[id] === 1 ? id : -1;
  }

  #lacks(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++)
      if ((this.#options.bytes[bytes[i] as number] as number) < 0) return true;
    return false;
  }

  #resize(length: number): void {
    this.#starts = new Int32Array(length);
    this.#next = new Int32Array(length);
    this.#previous = new Int32Array(length);
    this.#priorities = new Float64Array(length);
    this.#hashes = new Int32Array(length);
  }
}
