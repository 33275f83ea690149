// Releases in SQLite: candidate -> live -> retired or rolled back, each signed, serials always rising (also over a restored
// backup).

import type { Clock } from '../../core/clock.js';
import { SkeinError } from '../../core/errors.js';
import type { Database, Queries } from '../../platform/database.js';
import type { ReleaseState, ReleaseView } from '../../proto/api.js';
import { parseManifest } from '../../proto/manifest.js';
import type { ReleaseManifest } from '../../proto/messages.js';
import { type NamedRelease, type Sign, signManifest } from './manifest.js';

export interface StoredRelease extends NamedRelease {
  readonly state: ReleaseState;
  readonly content: ReleaseManifest;
}

/** What a new candidate is made of; the rest of its manifest is known here. */
export type Candidate = Omit<ReleaseManifest, 'version' | 'fleet' | 'serial' | 'parent' | 'createdMs'>;

export interface ReleasesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly fleet: string;
  readonly sign: Sign;
}

interface Row {
  readonly hash: string;
  readonly state: ReleaseState;
  readonly manifest: Uint8Array;
  readonly signature: Uint8Array;
}

const columns = 'hash, state, manifest, signature';

const stored = ({ hash, state, manifest, signature }: Row): StoredRelease => ({
  hash,
  state,
  manifest,
  signature,
  content: parseManifest(manifest),
});

export class Releases {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #fleet: string;
  readonly #sign: Sign;

  constructor({ database, clock, fleet, sign }: ReleasesOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#fleet = fleet;
    this.#sign = sign;
  }

  /** Newest first. */
  async list(): Promise<StoredRelease[]> {
    return (await this.#database.all<Row>(`SELECT ${columns} FROM release ORDER BY serial DESC`)).map(stored);
  }

  /** Throws `release/not-found`. */
  async get(hash: string): Promise<StoredRelease> {
    const row = await this.#database.get<Row>(`SELECT ${columns} FROM release WHERE hash = ?`, [hash]);
    if (row === undefined) throw new SkeinError('release/not-found', `There is no release ${hash}.`);
    return stored(row);
  }

  /** The one that devices should use; undefined before the first. */
  live(queries: Queries = this.#database): Promise<StoredRelease | undefined> {
    return one(queries, "state = 'live'", []);
  }

  /** The signed candidate of a round; asked again after a crash, it is the one made before. */
  candidate(content: Candidate): Promise<StoredRelease> {
    return this.#database.transaction(async tx => {
      const before = await one(tx, "state = 'candidate'", []);
      if (before?.content.task === content.task && before.content.round === content.round) return before;
      return this.#insert(tx, content, 'candidate');
    });
  }

  /** Makes a release the live one and retires the one before; part of the caller's transaction. */
  async promote(tx: Queries, hash: string): Promise<void> {
    await tx.run("UPDATE release SET state = 'retired' WHERE state = 'live' AND hash <> ?", [hash]);
    await tx.run("UPDATE release SET state = 'live' WHERE hash = ?", [hash]);
  }

  /** The candidate of a round that ended without a release goes with it; part of the caller's transaction. */
  async discardCandidate(tx: Queries): Promise<void> {
    await tx.run("DELETE FROM release WHERE state = 'candidate'");
  }

  /**
   * Goes back to what an earlier release holds, or to the base model (`base`): a new manifest with a higher serial, so
   * that no device needs to accept an old one again. The live release becomes `rolled-back`.
   * Throws `release/not-found` for an unknown release and `usage` where there is nothing to go back from, or while a round
   * is publishing: its candidate would become live with a lower serial, which no device accepts.
   */
  rollback(target: string): Promise<StoredRelease> {
    return this.#database.transaction(async tx => {
      const live = await this.live(tx);
      if (live === undefined)
        throw new SkeinError('usage', 'No release is live; the devices use the base model.');
      if ((await one(tx, "state = 'candidate'", [])) !== undefined)
        throw new SkeinError('usage', 'A round is publishing its release. Try again in a moment.');
      const content =
        target === 'base' ? baseOf(live.content) : (await one(tx, 'hash = ?', [target]))?.content;
      if (content === undefined) throw new SkeinError('release/not-found', `There is no release ${target}.`);
      if (target === live.hash) throw new SkeinError('usage', 'This release is the live one already.');
      await tx.run("UPDATE release SET state = 'rolled-back' WHERE hash = ?", [live.hash]);
      return this.#insert(tx, content, 'live');
    });
  }

  async #insert(tx: Queries, content: Candidate, state: ReleaseState): Promise<StoredRelease> {
    const last = await tx.get<{ serial: number | null }>('SELECT max(serial) AS serial FROM release');
    const manifest: ReleaseManifest = {
      ...content,
      version: 1,
      fleet: this.#fleet,
      // By the clock: where the database comes back from a backup, devices have seen more than it knows of.
      serial: Math.max((last?.serial ?? 0) + 1, Math.floor(this.#clock.now() / 1000)),
      parent:
        (await one(tx, "state IN ('live', 'rolled-back') ORDER BY serial DESC LIMIT 1", []))?.hash ?? '',
      createdMs: this.#clock.now(),
    };
    const signed = signManifest(manifest, this.#sign);
    await tx.run(
      'INSERT INTO release (serial, hash, task, round, state, manifest, signature) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [manifest.serial, signed.hash, manifest.task, manifest.round, state, signed.manifest, signed.signature],
    );
    return { ...signed, state, content: manifest };
  }
}

async function one(
  queries: Queries,
  where: string,
  params: readonly string[],
): Promise<StoredRelease | undefined> {
  const row = await queries.get<Row>(`SELECT ${columns} FROM release WHERE ${where}`, params);
  return row === undefined ? undefined : stored(row);
}

/** The base model is a release without files; template and labels stay, so that devices go on asking the same way. */
const baseOf = (live: ReleaseManifest): Candidate => ({
  ...live,
  round: 0,
  aggregate: '',
  files: [],
  rootAccuracy: null,
});

export const releaseView = ({ hash, state, content }: StoredRelease): ReleaseView => ({
  hash,
  task: content.task,
  round: content.round,
  state,
  serial: content.serial,
  createdMs: content.createdMs,
  accuracy: content.rootAccuracy,
  aggregate: content.aggregate,
  bytes: content.files.reduce((sum, { size }) => sum + size, 0),
});
