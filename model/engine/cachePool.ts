// KV caches of requests that have ended, kept so that the next request with the same beginning starts after it.

import type { KvCache } from './kvCache.js';

/** What the positions of a cache were made with, besides the tokens. */
export interface CacheUse {
  readonly adapter: object | undefined;
  readonly scale: number;
}

interface Kept {
  readonly cache: KvCache;
  /** Tokens whose positions the cache holds. */
  readonly ids: readonly number[];
  readonly use: CacheUse;
}

export class CachePool {
  readonly #make: (positions: number) => KvCache;
  readonly #maxBytes: number;
  /** The one used last is the last. */
  #kept: Kept[] = [];
  #closed = false;

  /** `maxBytes`: what kept caches may take together, if there is more than one; 0 keeps none. */
  constructor(make: (positions: number) => KvCache, maxBytes: number) {
    this.#make = make;
    this.#maxBytes = maxBytes;
  }

  /**
   * A cache for `positions`, whose first `reused` positions are those of `ids` already: always fewer than all of them,
   * since the last token's logits are yet to be made.
   */
  take(ids: readonly number[], positions: number, use: CacheUse): { cache: KvCache; reused: number } {
    let best: Kept | undefined;
    let reused = 0;
    for (const kept of this.#kept) {
      if (kept.use.adapter !== use.adapter || kept.use.scale !== use.scale) continue;
      const common = commonPrefix(kept.ids, ids.slice(0, -1));
      if (common > 0 && common >= reused) {
        best = kept;
        reused = common;
      }
    }
    // What fits, and is continued or nearly all repeated, goes on in place. Else it stays for those it belongs to.
    if (best !== undefined && best.cache.capacity >= positions && 2 * reused >= best.ids.length) {
      this.#remove(best);
      return { cache: best.cache, reused };
    }
    if (best === undefined) {
      const idle = this.#kept.find(({ cache }) => cache.capacity >= positions);
      const full = this.#bytes() + (this.#kept.at(-1)?.cache.bytes ?? 0) > this.#maxBytes;
      if (idle !== undefined && full) {
        this.#remove(idle);
        return { cache: idle.cache, reused: 0 };
      }
    }
    const cache = this.#make(positions);
    if (best !== undefined) cache.copyFrom(best.cache, reused);
    return { cache, reused };
  }

  /** `ids`: the tokens whose positions the cache holds now. */
  give(cache: KvCache, ids: readonly number[], use: CacheUse): void {
    this.#kept.push({ cache, ids, use });
    if (this.#closed) this.close();
    // The last one may be larger than all that is kept: it was there anyway, and a long conversation goes on from it.
    const fewest = this.#maxBytes === 0 ? 0 : 1;
    while (this.#kept.length > fewest && this.#bytes() > this.#maxBytes) this.#kept.shift()?.cache.close();
  }

  /** Forgets what was made with an adapter that is no more. */
  forget(adapter: object): void {
    for (const kept of this.#kept.filter(({ use }) => use.adapter === adapter)) {
      this.#remove(kept);
      kept.cache.close();
    }
  }

  close(): void {
    this.#closed = true;
    for (const { cache } of this.#kept) cache.close();
    this.#kept = [];
  }

  #remove(gone: Kept): void {
    this.#kept = this.#kept.filter(kept => kept !== gone);
  }

  #bytes(): number {
    return this.#kept.reduce((sum, { cache }) => sum + cache.bytes, 0);
  }
}

export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
