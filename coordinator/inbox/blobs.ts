// The coordinator's own blobs, named by their SHA-256: release files that devices fetch, and what only the coordinator reads.

import { fromHex, toHex } from '../../core/bytes.js';
import { BlobStore } from '../../platform/blobStore.js';
import type { Database } from '../../platform/database.js';
import type { Chunk } from '../../proto/messages.js';

export class Blobs {
  readonly #database: Database;
  readonly #owner: string;

  /** Each name is a place of its own: what stands in one is not found in another. */
  constructor(database: Database, name: string) {
    this.#database = database;
    this.#owner = `:${name}`;
  }

  /** On disk when it resolves, with the SHA-256 (hex). */
  async put(bytes: Uint8Array): Promise<string> {
    const { blob } = await this.#database.transaction(tx => new BlobStore(tx).put(this.#owner, bytes));
    return toHex(blob);
  }

  get(sha256: string): Promise<Uint8Array | undefined> {
    return new BlobStore(this.#database).bytes(this.#owner, fromHex(sha256));
  }

  remove(sha256: string): Promise<void> {
    return new BlobStore(this.#database).remove(this.#owner, fromHex(sha256));
  }

  has(sha256: string): Promise<boolean> {
    return new BlobStore(this.#database).find(this.#owner, fromHex(sha256)).then(row => row !== undefined);
  }

  /** Removes all others, and resolves with how many those were. */
  async keepOnly(names: ReadonlySet<string>): Promise<number> {
    const others = (await new BlobStore(this.#database).list(this.#owner))
      .map(({ hash }) => toHex(hash))
      .filter(name => !names.has(name));
    for (const name of others) await this.remove(name);
    return others.length;
  }

  chunk(blob: Uint8Array, index: number): Promise<Chunk | undefined> {
    return new BlobStore(this.#database).chunk(this.#owner, blob, index);
  }
}
