// Byte-pair encoding (Sennrich, Haddow and Birch, 2016): merges the neighbours of the lowest rank until none is left.

import { SkeinError } from '../../core/errors.js';
import { characterOf } from './byteAlphabet.js';
import { MinHeap } from './heap.js';

export type BytePairs = (piece: Uint8Array) => number[];

const invalid = (message: string): SkeinError => new SkeinError('gguf/invalid', message);

interface Merges {
  /** left * size + right -> rank. */
  readonly ranks: ReadonlyMap<number, number>;
  /** By rank. */
  readonly lefts: Int32Array;
  readonly rights: Int32Array;
  readonly results: Int32Array;
}

function readMerges(merges: readonly string[], ids: ReadonlyMap<string, number>): Merges {
  const ranks = new Map<number, number>();
  const lefts = new Int32Array(merges.length);
  const rights = new Int32Array(merges.length);
  const results = new Int32Array(merges.length);
  for (const [rank, merge] of merges.entries()) {
    // A space within a part is written otherwise in this alphabet, so that the first one divides.
    const space = merge.indexOf(' ', 1);
    const [left, right] = [ids.get(merge.slice(0, space)), ids.get(merge.slice(space + 1))];
    const result = ids.get(merge.slice(0, space) + merge.slice(space + 1));
    if (space < 0 || left === undefined || right === undefined || result === undefined) {
      throw invalid(
        `Merge ${rank} (${JSON.stringify(merge.slice(0, 80))}) is not of two tokens that make a third.`,
      );
    }
    lefts[rank] = left;
    rights[rank] = right;
    results[rank] = result;
    const key = left * ids.size + right;
    if (!ranks.has(key)) ranks.set(key, rank);
  }
  return { ranks, lefts, rights, results };
}

/**
 * `ids`: token text in the byte alphabet -> id. A piece of n bytes takes n log n steps. Bytes that no token stands for are
 * left out, as llama.cpp does. Throws `gguf/invalid` for merges that do not fit the vocabulary.
 */
export function bytePairs(merges: readonly string[], ids: ReadonlyMap<string, number>): BytePairs {
  const { ranks, lefts, rights, results } = readMerges(merges, ids);
  const byteIds = Int32Array.from(characterOf, character => ids.get(character) ?? -1);

  return piece => {
    const count = piece.length;
    const symbols = Int32Array.from(piece, byte => byteIds[byte] as number);
    const next = Int32Array.from({ length: count }, (_, i) => i + 1);
    const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
    const heap = new MinHeap();

    // Rank and place in one number: lowest rank first, leftmost among equals. Both stay below 2^26.
    const offer = (left: number): void => {
      const right = next[left] as number;
      if (left < 0 || right >= count) return;
      const [a, b] = [symbols[left] as number, symbols[right] as number];
      const rank = a < 0 || b < 0 ? undefined : ranks.get(a * ids.size + b);
      if (rank !== undefined) heap.push(rank * 2 ** 26 + left);
    };

    for (let i = 0; i + 1 < count; i++) offer(i);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const rank = Math.floor(top / 2 ** 26);
      const left = top % 2 ** 26;
      const right = next[left] as number;
      // Stale where one of the two was merged meanwhile: a symbol that was swallowed is -2.
      if (right >= count || symbols[left] !== lefts[rank] || symbols[right] !== rights[rank]) continue;
      symbols[left] = results[rank] as number;
      symbols[right] = -2;
      next[left] = next[right] as number;
      if ((next[left] as number) < count) previous[next[left] as number] = left;
      if ((previous[left] as number) >= 0) offer(previous[left] as number);
      offer(left);
    }
    return Array.from(symbols).filter(symbol => symbol >= 0);
  };
}
