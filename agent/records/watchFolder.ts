// A folder that is watched: files of records dropped there are imported, then moved to `done/` or `bad/`.

import { readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../core/clock.js';
import { toSkeinError } from '../../core/errors.js';
import { ensureFolder } from '../../platform/files.js';
import type { Log } from '../../platform/log.js';
import type { Records } from './records.js';

const pollMs = 2_000;

/** Polls, which works on every file system; a file is taken once it is the same at two looks, so that it is whole. */
export class WatchFolder {
  readonly #folder: string;
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #log: Log;
  #seen = new Map<string, string>();
  #cancel: (() => void) | undefined;
  #working: Promise<void> = Promise.resolve();
  #running = false;

  constructor(options: { folder: string; records: Records; clock: Clock; log: Log }) {
    this.#folder = options.folder;
    this.#records = options.records;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Throws `io/*` where the folder cannot be made. */
  async start(): Promise<void> {
    for (const name of ['', 'done', 'bad']) await ensureFolder(path.join(this.#folder, name), 0o700);
    this.#running = true;
    this.#next();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel?.();
    await this.#working;
  }

  #next(): void {
    this.#cancel = this.#clock.after(pollMs, () => {
      this.#working = this.look()
        .catch(error => this.#log.warn({ err: toSkeinError(error) }, 'the watched folder cannot be read'))
        .then(() => {
          if (this.#running) this.#next();
        });
    });
  }

  /** One look: imports what has not changed since the one before. */
  async look(): Promise<void> {
    const seen = new Map<string, string>();
    const names = (await readdir(this.#folder)).filter(
      name => name.endsWith('.jsonl') && !name.startsWith('.'),
    );
    for (const name of names.sort()) {
      const { size, mtimeMs, ino } = await stat(path.join(this.#folder, name));
      const version = `${size} ${mtimeMs} ${ino}`;
      if (this.#seen.get(name) === version) await this.#take(name);
      else seen.set(name, version);
    }
    this.#seen = seen;
  }

  async #take(name: string): Promise<void> {
    const file = path.join(this.#folder, name);
    try {
      const { imported, duplicates } = await this.#records.importFile(file);
      this.#log.info({ file: name, imported, duplicates }, 'records imported');
      await this.#move(name, 'done');
    } catch (error) {
      const known = toSkeinError(error);
      // A full disk is no fault of the file: it stays, and is tried again.
      if (known.code !== 'record/invalid' && known.code !== 'io/invalid') throw error;
      this.#log.warn({ file: name, code: known.code, data: known.data }, 'records refused');
      await this.#move(name, 'bad');
    }
  }

  #move(name: string, where: 'done' | 'bad'): Promise<void> {
    return rename(
      path.join(this.#folder, name),
      path.join(this.#folder, where, `${this.#clock.now()}-${name}`),
    );
  }
}
