// Updates on their way out: on disk before a byte leaves, offered until the coordinator's own Ack, sent by what is missing.

import { toHex } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { isSkeinError, toSkeinError } from '../../core/errors.js';
import { type BlobRow, BlobStore } from '../../platform/blobStore.js';
import type { Database } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';
import { decodeUpdate } from '../../proto/codec.js';
import type { Ack, KindMessages, Want } from '../../proto/messages.js';
import { type MessageContext, outboxOwner } from '../egress/gate.js';

export interface PendingUpdate {
  readonly task: string;
  readonly round: number;
  /** SHA-256 (hex) of the update. */
  readonly hash: string;
  readonly size: number;
}

export interface Delivered {
  readonly task: string;
  readonly round: number;
  readonly hash: string;
  readonly accepted: boolean;
  /** An error code where the coordinator refused it for good. */
  readonly reason: string;
}

export interface OutboxOptions {
  readonly database: Database;
  /** Clears for the purpose `update` and publishes. */
  readonly send: <K extends 'offer' | 'chunk'>(
    kind: K,
    context: MessageContext,
    message: KindMessages[K],
  ) => Promise<void>;
  readonly onDelivered: (delivered: Delivered) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Chunks under way at once. */
  readonly window: number;
  /** Offered again after this long without a word about it. */
  readonly retryMs: number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #store: BlobStore;
  /** Chunks asked for and not sent yet, in order: hash/index -> both. */
  readonly #wanted = new Map<string, { hash: Uint8Array; index: number }>();
  readonly #heardMs = new Map<string, number>();
  #sending = 0;
  #connected = false;
  #cancelRetry: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#store = new BlobStore(options.database);
  }

  /** On disk when it resolves, with the update's name. Throws `round/invalid-update` for what is no update. */
  async add({ task, round }: MessageContext, bytes: Uint8Array): Promise<string> {
    decodeUpdate(bytes);
    const offer = await this.#options.database.transaction(tx =>
      new BlobStore(tx).put(outboxOwner, bytes, undefined, task, round),
    );
    if (this.#connected) await this.#offer({ ...offer, hash: offer.blob, task, round });
    return toHex(offer.blob);
  }

  async pending(): Promise<PendingUpdate[]> {
    const rows = await this.#store.list(outboxOwner);
    return rows.map(({ task, round, hash, size }) => ({ task, round, hash: toHex(hash), size }));
  }

  /** Gives an update up. */
  async discard(hash: Uint8Array): Promise<void> {
    this.#forget(hash);
    await this.#store.remove(outboxOwner, hash);
  }

  /** A session began: everything unfinished is offered again. */
  async connected(): Promise<void> {
    this.#connected = true;
    this.#heardMs.clear();
    await this.#offerAll();
    this.#retryLater();
  }

  disconnected(): void {
    this.#connected = false;
    this.#wanted.clear();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  async wanted({ blob, indexes }: Want): Promise<void> {
    this.#heardMs.set(toHex(blob), this.#options.clock.now());
    for (const index of indexes) this.#wanted.set(`${toHex(blob)}/${index}`, { hash: blob, index });
    while (this.#sending < Math.min(this.#options.window, this.#wanted.size + this.#sending))
      void this.#sendChunks();
  }

  /** The only way that a row ends by what the coordinator says. */
  async acknowledged({ hash, accepted, reason }: Ack): Promise<void> {
    const row = await this.#store.find(outboxOwner, hash);
    if (row === undefined) return;
    await this.discard(hash);
    const { task, round } = row;
    this.#options.onDelivered({ task, round, hash: toHex(hash), accepted, reason });
  }

  /** One of `window` senders: works on what is wanted until there is nothing or the link is gone. */
  async #sendChunks(): Promise<void> {
    this.#sending += 1;
    try {
      for (;;) {
        const next = this.#wanted.entries().next().value;
        if (next === undefined || !this.#connected) return;
        const [key, { hash, index }] = next;
        this.#wanted.delete(key);
        const row = await this.#store.find(outboxOwner, hash);
        const chunk = row && (await this.#store.chunk(outboxOwner, hash, index));
        if (row === undefined || chunk === undefined) continue;
        await this.#options.send('chunk', row, chunk);
        this.#heardMs.set(toHex(hash), this.#options.clock.now());
      }
    } catch (error) {
      this.#wanted.clear();
      this.#report(error);
    } finally {
      this.#sending -= 1;
    }
  }

  async #offerAll(): Promise<void> {
    const now = this.#options.clock.now();
    for (const row of await this.#store.list(outboxOwner)) {
      const heard = this.#heardMs.get(toHex(row.hash));
      if (heard === undefined || now - heard >= this.#options.retryMs) await this.#offer(row);
    }
  }

  async #offer(row: BlobRow): Promise<void> {
    this.#heardMs.set(toHex(row.hash), this.#options.clock.now());
    const { hash, size, count, task, round } = row;
    await this.#options
      .send('offer', { task, round }, { blob: hash, size, count })
      .catch(error => this.#report(error));
  }

  #retryLater(): void {
    this.#cancelRetry = this.#options.clock.after(this.#options.retryMs, () => {
      void this.#offerAll()
        .catch(error => this.#report(error))
        .finally(() => {
          if (this.#connected) this.#retryLater();
        });
    });
  }

  #forget(hash: Uint8Array): void {
    const name = toHex(hash);
    this.#heardMs.delete(name);
    for (const key of this.#wanted.keys()) if (key.startsWith(name)) this.#wanted.delete(key);
  }

  /** The row stays, so nothing is lost; a lost link is no news. */
  #report(error: unknown): void {
    if (isSkeinError(error, 'net/unreachable')) return;
    const { code, message } = toSkeinError(error);
    this.#options.log.warn({ code, reason: message }, 'an update waits in the outbox');
  }
}
