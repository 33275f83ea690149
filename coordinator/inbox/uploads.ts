// Updates on their way in: offered, admitted, fetched by what is missing, verified whole, taken, acknowledged. On disk throughout.

import { toHex } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { type ErrorCode, isSkeinError, SkeinError } from '../../core/errors.js';
import { type BlobRow, BlobStore } from '../../platform/blobStore.js';
import type { Database } from '../../platform/database.js';
import type { Chunk, Offer } from '../../proto/messages.js';
import type { Post } from './post.js';
import { type Verified, type VerifiedUpdate, verifyUpdate } from './verified.js';

export interface UploadLimits {
  /** Largest update of one device. */
  readonly maxBlobBytes: number;
  /** Updates of one device under way at once; a further offer drops its oldest. */
  readonly maxOpenPerDevice: number;
  /** Of all devices together. */
  readonly maxTotalBytes: number;
  /** Chunks asked for at once. */
  readonly window: number;
}

export const defaultUploadLimits: UploadLimits = {
  maxBlobBytes: 16 * 1024 * 1024,
  maxOpenPerDevice: 4,
  maxTotalBytes: 4 * 1024 ** 3,
  window: 16,
};

export interface UpdateConsumer {
  /** Throws a code of `forGood` to refuse an update before its bytes travel. */
  admit?(update: { device: string; task: string; round: number; size: number }): Promise<void>;
  /** Resolves after its own commit; may get the same update again and must count it once. */
  take(update: VerifiedUpdate): Promise<void>;
}

export interface UploadsOptions {
  readonly database: Database;
  readonly post: Post;
  readonly clock: Clock;
  readonly limits: UploadLimits;
}

/** Errors about the update itself: the device hears of them and gives it up. All others may pass; it offers again. */
const forGood = /^(wire|round|task|adapter|model|release)\//;
const isForGood = (error: unknown): error is SkeinError => isSkeinError(error) && forGood.test(error.code);

export class Uploads {
  readonly #options: UploadsOptions;
  /** Indexes asked for and not come yet, by device and blob. */
  readonly #asked = new Map<string, Set<number>>();
  #consumer: UpdateConsumer | undefined;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  onUpdate(consumer: UpdateConsumer): void {
    if (this.#consumer !== undefined) throw new SkeinError('internal', 'Updates have a consumer already.');
    this.#consumer = consumer;
  }

  async offered({ device, task, round, message }: Verified<'offer'>): Promise<void> {
    const { database, limits } = this.#options;
    const decided = await this.#decision(device, message.blob);
    if (decided !== undefined) return this.#acknowledge(device, { task, round, hash: message.blob }, decided);
    try {
      if (message.size > limits.maxBlobBytes) throw tooLarge(message.size, limits.maxBlobBytes);
      await this.#consumer?.admit?.({ device, task, round, size: message.size });
    } catch (error) {
      if (isForGood(error)) await this.#decide(device, { task, round, hash: message.blob }, error.code);
      throw error;
    }
    await this.#makeRoom(device, message);
    await database.transaction(tx => new BlobStore(tx).open(device, message, task, round));
    await this.#next(device, message.blob);
  }

  async received({ device, message }: Verified<'chunk'>): Promise<void> {
    const key = keyOf(device, message.blob);
    // Sent twice over a reconnect: what was decided needs no more chunks.
    if ((await this.#decision(device, message.blob)) !== undefined) return;
    await new BlobStore(this.#options.database).add(device, message);
    const asked = this.#asked.get(key);
    asked?.delete(message.index);
    if (asked === undefined || asked.size === 0) await this.#next(device, message.blob);
  }

  /** Drops what nobody waits for any more. */
  async sweep(): Promise<void> {
    const store = new BlobStore(this.#options.database);
    for (const device of await store.owners()) {
      for (const { hash, task, round, size } of await store.list(device)) {
        try {
          await this.#consumer?.admit?.({ device, task, round, size });
        } catch (error) {
          if (isForGood(error)) await this.#drop(device, hash);
        }
      }
    }
  }

  /** Asks for the next window, or takes the blob where it is whole. */
  async #next(device: string, hash: Uint8Array): Promise<void> {
    const { database, post, limits } = this.#options;
    const store = new BlobStore(database);
    const row = await store.find(device, hash);
    if (row === undefined) return;
    const indexes = await store.missing(device, hash, limits.window);
    if (indexes.length === 0) return this.#take(device, row);
    this.#asked.set(keyOf(device, hash), new Set(indexes));
    await post.send(device, 'want', row, { blob: hash, indexes });
  }

  async #take(device: string, row: BlobRow): Promise<void> {
    if (this.#consumer === undefined) throw new SkeinError('internal', 'Nobody takes updates.');
    try {
      const bytes = await new BlobStore(this.#options.database).bytes(device, row.hash);
      if (bytes === undefined) return;
      await this.#consumer.take(verifyUpdate(device, row, bytes));
    } catch (error) {
      if (isForGood(error)) await this.#decide(device, row, error.code);
      throw error;
    }
    await this.#decide(device, row, '');
  }

  /** `reason` empty: accepted. Written before the device hears of it. */
  async #decide(
    device: string,
    row: Pick<BlobRow, 'hash' | 'task' | 'round'>,
    reason: ErrorCode | '',
  ): Promise<void> {
    this.#asked.delete(keyOf(device, row.hash));
    await this.#options.database.transaction(async tx => {
      const values = [device, row.hash, reason, this.#options.clock.now()];
      await tx.run(
        'INSERT OR IGNORE INTO upload_done (device, hash, reason, done_ms) VALUES (?, ?, ?, ?)',
        values,
      );
      await new BlobStore(tx).remove(device, row.hash);
    });
    await this.#acknowledge(device, row, reason);
  }

  async #acknowledge(
    device: string,
    row: Pick<BlobRow, 'hash' | 'task' | 'round'>,
    reason: string,
  ): Promise<void> {
    await this.#options.post.send(device, 'ack', row, {
      hash: row.hash,
      kind: 'update',
      accepted: reason === '',
      reason,
    });
  }

  async #decision(device: string, hash: Uint8Array): Promise<string | undefined> {
    const sql = 'SELECT reason FROM upload_done WHERE device = ? AND hash = ?';
    return (await this.#options.database.get<{ reason: string }>(sql, [device, hash]))?.reason;
  }

  async #makeRoom(device: string, { blob, size }: Offer): Promise<void> {
    const { database, limits } = this.#options;
    const store = new BlobStore(database);
    if ((await store.find(device, blob)) !== undefined) return;
    const open = await store.list(device);
    for (const { hash } of open.slice(0, Math.max(0, open.length + 1 - limits.maxOpenPerDevice)))
      await this.#drop(device, hash);
    if ((await store.reserved()) + size <= limits.maxTotalBytes) return;
    await this.sweep();
    if ((await store.reserved()) + size <= limits.maxTotalBytes) return;
    throw new SkeinError('io/full', 'Too many updates are under way.', {
      data: { maxTotalBytes: limits.maxTotalBytes },
    });
  }

  async #drop(device: string, hash: Uint8Array): Promise<void> {
    this.#asked.delete(keyOf(device, hash));
    await new BlobStore(this.#options.database).remove(device, hash);
  }
}

const keyOf = (device: string, blob: Chunk['blob']): string => `${device}/${toHex(blob)}`;

const tooLarge = (size: number, maxBytes: number): SkeinError =>
  new SkeinError('wire/oversized', `An update of ${size} bytes is more than ${maxBytes}.`, {
    data: { size, maxBytes },
  });
