// Blobs in chunks on disk: what is under way in either direction survives any crash, and only what is missing travels again.

import { equalBytes, sha256, toHex } from '../core/bytes.js';
import { SkeinError } from '../core/errors.js';
import { chunkRange, offerOf, splitBlob } from '../proto/blobs.js';
import type { Chunk, Offer } from '../proto/messages.js';
import type { Queries } from './database.js';

export const blobSchema = `
CREATE TABLE blob (
  owner TEXT NOT NULL,             -- a device, or one of our own names that begin with a colon
  hash BLOB NOT NULL,              -- SHA-256 of the whole
  size INTEGER NOT NULL,
  count INTEGER NOT NULL,
  task TEXT NOT NULL DEFAULT '',
  round INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (owner, hash)
);
CREATE TABLE blob_chunk (
  owner TEXT NOT NULL,
  hash BLOB NOT NULL,
  idx INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (owner, hash, idx),
  FOREIGN KEY (owner, hash) REFERENCES blob (owner, hash) ON DELETE CASCADE
);`;

export interface BlobRow {
  readonly hash: Uint8Array;
  readonly size: number;
  readonly count: number;
  readonly task: string;
  readonly round: number;
}

/** Over a database, or over a transaction to join it. */
export class BlobStore {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Expects a blob; chunks that came with the same cut before are kept. */
  async open(owner: string, { blob, size, count }: Offer, task = '', round = 0): Promise<void> {
    const found = await this.find(owner, blob);
    if (found !== undefined && (found.size !== size || found.count !== count)) await this.remove(owner, blob);
    await this.#queries.run(
      `INSERT INTO blob (owner, hash, size, count, task, round) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET task = excluded.task, round = excluded.round`,
      [owner, blob, size, count, task, round],
    );
  }

  /** Stores a whole blob, cut in pieces of at most `largest` bytes. */
  async put(owner: string, bytes: Uint8Array, largest?: number, task = '', round = 0): Promise<Offer> {
    const offer = offerOf(bytes, largest);
    await this.open(owner, offer, task, round);
    for (const chunk of splitBlob(bytes, largest)) await this.add(owner, chunk);
    return offer;
  }

  /** False for a chunk that was there already. Throws `wire/replay` where no such blob is expected. */
  async add(owner: string, { blob, size, count, index, data }: Chunk): Promise<boolean> {
    const { changes } = await this.#queries.run(
      `INSERT INTO blob_chunk (owner, hash, idx, data)
       SELECT owner, hash, ?, ? FROM blob WHERE owner = ? AND hash = ? AND size = ? AND count = ?
       ON CONFLICT DO NOTHING`,
      [index, data, owner, blob, size, count],
    );
    if (changes > 0) return true;
    const found = await this.find(owner, blob);
    if (found !== undefined && found.size === size && found.count === count) return false;
    throw new SkeinError('wire/replay', 'A chunk came of a blob that is not expected.', {
      data: { blob: toHex(blob) },
    });
  }

  async find(owner: string, hash: Uint8Array): Promise<BlobRow | undefined> {
    const sql = 'SELECT hash, size, count, task, round FROM blob WHERE owner = ? AND hash = ?';
    return this.#queries.get<BlobRow>(sql, [owner, hash]);
  }

  /** Oldest first. */
  async list(owner: string): Promise<BlobRow[]> {
    return this.#queries.all<BlobRow>(
      'SELECT hash, size, count, task, round FROM blob WHERE owner = ? ORDER BY rowid',
      [owner],
    );
  }

  /** Bytes of all blobs but those of owners that begin with a colon, whole or expected. */
  async reserved(): Promise<number> {
    const sql = "SELECT COALESCE(SUM(size), 0) AS total FROM blob WHERE substr(owner, 1, 1) <> ':'";
    return (await this.#queries.get<{ total: number }>(sql))?.total ?? 0;
  }

  /** Owners that do not begin with a colon. */
  async owners(): Promise<string[]> {
    const sql = "SELECT DISTINCT owner FROM blob WHERE substr(owner, 1, 1) <> ':' ORDER BY owner";
    return (await this.#queries.all<{ owner: string }>(sql)).map(({ owner }) => owner);
  }

  /** The lowest indexes still to come, at most `limit`; empty where the blob is whole. */
  async missing(owner: string, hash: Uint8Array, limit: number): Promise<number[]> {
    const row = await this.find(owner, hash);
    if (row === undefined) return [];
    const sql = 'SELECT idx FROM blob_chunk WHERE owner = ? AND hash = ?';
    const there = new Set(
      (await this.#queries.all<{ idx: number }>(sql, [owner, hash])).map(({ idx }) => idx),
    );
    const out: number[] = [];
    for (let index = 0; index < row.count && out.length < limit; index++)
      if (!there.has(index)) out.push(index);
    return out;
  }

  async chunk(owner: string, hash: Uint8Array, index: number): Promise<Chunk | undefined> {
    const sql = `SELECT size, count, data FROM blob JOIN blob_chunk USING (owner, hash)
                 WHERE owner = ? AND hash = ? AND idx = ?`;
    const row = await this.#queries.get<{ size: number; count: number; data: Uint8Array }>(sql, [
      owner,
      hash,
      index,
    ]);
    return row && { blob: hash, index, ...row };
  }

  /** The whole blob; undefined while chunks are missing. Throws `wire/hash` where the content is not what it was named. */
  async bytes(owner: string, hash: Uint8Array): Promise<Uint8Array | undefined> {
    const row = await this.find(owner, hash);
    if (row === undefined) return undefined;
    const sql = 'SELECT idx, data FROM blob_chunk WHERE owner = ? AND hash = ? ORDER BY idx';
    const chunks = await this.#queries.all<{ idx: number; data: Uint8Array }>(sql, [owner, hash]);
    if (chunks.length !== row.count) return undefined;
    const bytes = new Uint8Array(row.size);
    for (const { idx, data } of chunks) bytes.set(data, chunkRange(row.size, row.count, idx)[0]);
    if (!equalBytes(sha256(bytes), hash)) {
      throw new SkeinError('wire/hash', 'A blob is not what its name says.', { data: { blob: toHex(hash) } });
    }
    return bytes;
  }

  async remove(owner: string, hash: Uint8Array): Promise<void> {
    await this.#queries.run('DELETE FROM blob WHERE owner = ? AND hash = ?', [owner, hash]);
  }
}
