// The releases of this device: verified manifests in SQLite, PEFT folders beside it, and the one that is live.

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../core/clock.js';
import { isSkeinError, SkeinError } from '../../core/errors.js';
import type { Adapter } from '../../model/engine/types.js';
import type { PeftFolder } from '../../model/formats/peft.js';
import { readAdapterFolder, writeAdapterFolder } from '../../platform/adapterFolder.js';
import type { Database } from '../../platform/database.js';
import { parseManifest } from '../../proto/manifest.js';
import type { ReleaseManifest } from '../../proto/messages.js';
import type { VerifiedRelease } from './verify.js';

export interface DeviceRelease {
  /** SHA-256 (hex) of the manifest. */
  readonly hash: string;
  readonly content: ReleaseManifest;
  /** Null: the base model itself. One object as long as the release is in use. */
  readonly adapter: Adapter | null;
}

export type ReleaseRowState = 'fetching' | 'live' | 'kept' | 'refused';

interface Row {
  readonly hash: string;
  readonly manifest: Uint8Array;
  readonly state: ReleaseRowState;
  readonly reason: string;
}

export interface KnownRelease {
  readonly hash: string;
  readonly content: ReleaseManifest;
  readonly state: ReleaseRowState;
  /** An error code where refused. */
  readonly reason: string;
}

export class ReleaseStore {
  readonly #database: Database;
  readonly #folder: string;
  readonly #clock: Clock;
  #loaded: DeviceRelease | undefined;

  constructor(options: { database: Database; folder: string; clock: Clock }) {
    this.#database = options.database;
    this.#folder = options.folder;
    this.#clock = options.clock;
  }

  async highestSerial(): Promise<number> {
    const row = await this.#database.get<{ serial: number | null }>(
      'SELECT max(serial) AS serial FROM release',
    );
    return row?.serial ?? 0;
  }

  find(hash: string): Promise<KnownRelease | undefined> {
    return this.#one('hash = ?', [hash]);
  }

  /** The newest that is verified but not in use yet. */
  pending(): Promise<KnownRelease | undefined> {
    return this.#one("state = 'fetching' ORDER BY serial DESC LIMIT 1", []);
  }

  async add({ hash, content, manifest, signature }: VerifiedRelease): Promise<void> {
    await this.#database.run(
      `INSERT OR IGNORE INTO release (hash, serial, manifest, signature, state, received_ms)
       VALUES (?, ?, ?, ?, 'fetching', ?)`,
      [hash, content.serial, manifest, signature, this.#clock.now()],
    );
  }

  async refuse(hash: string, reason: string): Promise<void> {
    await this.#database.run("UPDATE release SET state = 'refused', reason = ? WHERE hash = ?", [
      reason,
      hash,
    ]);
  }

  /** Whether all that the release consists of is on disk. */
  isStored = ({ hash, content }: KnownRelease): boolean =>
    content.files.length === 0 || existsSync(this.#path(hash));

  save = (hash: string, files: PeftFolder): Promise<void> => writeAdapterFolder(this.#path(hash), files);

  /** Makes a stored release the live one; the one before stays, older files go. */
  async activate(hash: string): Promise<void> {
    const before = await this.liveContent();
    await this.#database.transaction(async tx => {
      await tx.run("UPDATE release SET state = 'kept' WHERE state = 'live' AND hash <> ?", [hash]);
      await tx.run("UPDATE release SET state = 'live' WHERE hash = ?", [hash]);
      await tx.run(
        `UPDATE release SET state = 'kept'
         WHERE state = 'fetching' AND serial < (SELECT serial FROM release WHERE hash = ?)`,
        [hash],
      );
    });
    const used = new Set([hash, before?.hash]);
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!used.has(name)) await rm(path.join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** What answers are made with; undefined: the base model, no release has come yet. */
  async live(): Promise<DeviceRelease | undefined> {
    const row = await this.liveContent();
    return row === undefined ? undefined : this.load(row);
  }

  /** The same without its files. */
  liveContent(): Promise<KnownRelease | undefined> {
    return this.#one("state = 'live'", []);
  }

  /** Throws `adapter/invalid` and `safetensors/invalid` for a damaged folder. */
  async load({ hash, content }: KnownRelease): Promise<DeviceRelease> {
    if (this.#loaded?.hash === hash) return this.#loaded;
    const adapter = content.files.length === 0 ? null : await this.#read(hash);
    this.#loaded = { hash, content, adapter };
    return this.#loaded;
  }

  async #read(hash: string): Promise<Adapter> {
    try {
      return await readAdapterFolder(this.#path(hash));
    } catch (error) {
      if (!isSkeinError(error, 'io/not-found')) throw error;
      throw new SkeinError('release/not-found', `The files of release ${hash} are not on this device.`, {
        cause: error,
      });
    }
  }

  async #one(where: string, params: readonly string[]): Promise<KnownRelease | undefined> {
    const row = await this.#database.get<Row>(
      `SELECT hash, manifest, state, reason FROM release WHERE ${where}`,
      params,
    );
    return row === undefined ? undefined : { ...row, content: parseManifest(row.manifest) };
  }

  #path = (hash: string): string => path.join(this.#folder, hash);
}
