// Release files on their way in: asked for by what is missing, a window at a time, kept on disk, verified whole.

import { fromHex, toHex } from '../../core/bytes.js';
import { type Clock, sleep } from '../../core/clock.js';
import { type ErrorCode, errorCodes, SkeinError } from '../../core/index.js';
import { BlobStore } from '../../platform/blobStore.js';
import type { Database } from '../../platform/database.js';
import { chunkCount } from '../../proto/codec.js';
import type { Ack, Chunk, Want } from '../../proto/messages.js';
import { maxBlobBytes } from '../../proto/topics.js';

const owner = ':in';
/** Blobs begun and never finished that are kept. */
const maxBegun = 8;

export interface DownloadsOptions {
  readonly database: Database;
  /** Clears for the purpose `release` and publishes. */
  readonly ask: (want: Want) => Promise<void>;
  readonly isConnected: () => boolean;
  readonly clock: Clock;
  /** Chunks asked for at once. */
  readonly window: number;
  /** Asked again after this long without a chunk. */
  readonly retryMs: number;
}

interface Fetching {
  readonly waiting: Set<number>;
  heardMs: number;
  refused: SkeinError | undefined;
  /** Ends the wait for the next chunk. */
  wake: () => void;
}

export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #store: BlobStore;
  readonly #fetching = new Map<string, Fetching>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#store = new BlobStore(options.database);
  }

  /**
   * The blob of this name (hex) and size. Goes on over lost connections until the signal fires, and after a restart where
   * it stopped. Throws `release/not-found` where the coordinator has no such blob, `wire/hash`, `wire/oversized`.
   */
  async fetch(sha256: string, size: number, signal: AbortSignal): Promise<Uint8Array> {
    if (size < 1 || size > maxBlobBytes)
      throw new SkeinError('wire/oversized', `A blob of ${size} bytes is not fetched.`);
    const before = this.#fetching.get(sha256);
    if (before !== undefined)
      throw new SkeinError('internal', `The blob ${sha256} is being fetched already.`);
    const hash = fromHex(sha256);
    const state: Fetching = { waiting: new Set(), heardMs: 0, refused: undefined, wake: () => undefined };
    this.#fetching.set(sha256, state);
    try {
      await this.#begin(hash, size);
      for (;;) {
        signal.throwIfAborted();
        if (state.refused !== undefined) throw state.refused;
        const missing = await this.#store.missing(owner, hash, this.#options.window);
        if (missing.length === 0) return await this.#finish(hash);
        await this.#askFor(hash, missing, state, signal);
      }
    } finally {
      this.#fetching.delete(sha256);
    }
  }

  async received(chunk: Chunk): Promise<void> {
    await this.#store.add(owner, chunk);
    const state = this.#fetching.get(toHex(chunk.blob));
    if (state === undefined) return;
    state.heardMs = this.#options.clock.now();
    state.waiting.delete(chunk.index);
    if (state.waiting.size === 0) state.wake();
  }

  refused({ hash, reason }: Ack): void {
    const state = this.#fetching.get(toHex(hash));
    if (state === undefined) return;
    const code: ErrorCode = Object.hasOwn(errorCodes, reason) ? (reason as ErrorCode) : 'net/rejected';
    state.refused = new SkeinError(code, 'The coordinator does not give this blob.', {
      data: { blob: toHex(hash) },
    });
    state.wake();
  }

  /** A session began or ended: whoever waits asks again. */
  connectionChanged(): void {
    for (const state of this.#fetching.values()) state.wake();
  }

  async #begin(hash: Uint8Array, size: number): Promise<void> {
    const begun = await this.#store.list(owner);
    for (const row of begun.slice(0, Math.max(0, begun.length - maxBegun))) {
      if (!this.#fetching.has(toHex(row.hash))) await this.#store.remove(owner, row.hash);
    }
    await this.#options.database.transaction(tx =>
      new BlobStore(tx).open(owner, { blob: hash, size, count: chunkCount(size) }),
    );
  }

  /** Asks once and waits until all of it came, the connection changed, or nothing came for a while. */
  async #askFor(
    hash: Uint8Array,
    missing: readonly number[],
    state: Fetching,
    signal: AbortSignal,
  ): Promise<void> {
    const { ask, isConnected, clock, retryMs } = this.#options;
    for (const index of missing) state.waiting.add(index);
    const stop = new AbortController();
    const woken = new Promise<void>(resolve => {
      state.wake = () => {
        stop.abort();
        resolve();
      };
    });
    try {
      // Not connected, or no longer: the next session wakes us.
      if (isConnected()) await ask({ blob: hash, indexes: missing }).catch(() => undefined);
      state.heardMs = clock.now();
      // A slow link is no reason to ask for the same again: only silence is.
      const either = AbortSignal.any([signal, stop.signal]);
      while (!either.aborted && clock.now() - state.heardMs < retryMs) {
        const silence = sleep(clock, state.heardMs + retryMs - clock.now(), either).catch(() => undefined);
        await Promise.race([woken, silence]);
      }
    } finally {
      stop.abort();
      state.waiting.clear();
      state.wake = () => undefined;
    }
  }

  async #finish(hash: Uint8Array): Promise<Uint8Array> {
    try {
      const bytes = await this.#store.bytes(owner, hash);
      if (bytes === undefined) throw new SkeinError('internal', 'A blob went away while it was fetched.');
      return bytes;
    } finally {
      await this.#store.remove(owner, hash);
    }
  }
}
