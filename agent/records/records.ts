// The device's own records: in SQLite in the data folder, each once, forgotten for good when they are forgotten.

import type { Clock } from '../../core/clock.js';
import { isHeldOut, type LabelledText, recordHash } from '../../federation/learning/index.js';
import type { Database, Queries } from '../../platform/database.js';
import { readBounded } from '../../platform/files.js';
import { type LineProblem, maxFileBytes, parseRecords, refuseProblems } from './parse.js';

export interface ImportResult {
  readonly imported: number;
  /** Already there, or more than once in the file. */
  readonly duplicates: number;
  /** Lines left out; empty unless bad lines were to be skipped. */
  readonly skipped: readonly LineProblem[];
}

export interface RecordCounts {
  readonly count: number;
  readonly training: number;
  readonly heldOut: number;
}

export interface StoredRecord extends LabelledText {
  readonly id: number;
  readonly heldOut: boolean;
  readonly createdMs: number;
}

export type Forget =
  | { readonly ids: readonly number[] }
  | { readonly olderThanMs: number }
  | { readonly all: true };

interface Row {
  readonly id: number;
  readonly text: string;
  readonly label: string;
  readonly held_out: number;
  readonly created_ms: number;
}

export class Records {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Throws `io/*`, and `record/invalid` with every bad line unless `skipBad`: then nothing is imported. */
  async importFile(file: string, { skipBad = false } = {}): Promise<ImportResult> {
    const { records, problems } = parseRecords(await readBounded(file, maxFileBytes));
    if (!skipBad) refuseProblems(file, problems);
    return { ...(await this.add(records)), skipped: problems };
  }

  /** All or none of them. */
  add(records: readonly LabelledText[]): Promise<Omit<ImportResult, 'skipped'>> {
    return this.#database.transaction(async tx => {
      let imported = 0;
      for (const { text, label } of records) {
        const { changes } = await tx.run(
          'INSERT OR IGNORE INTO record (hash, text, label, held_out, created_ms) VALUES (?, ?, ?, ?, ?)',
          [recordHash({ text, label }), text, label, isHeldOut({ text, label }), this.#clock.now()],
        );
        imported += changes;
      }
      return { imported, duplicates: records.length - imported };
    });
  }

  async counts(): Promise<RecordCounts> {
    const row = await this.#database.get<{ count: number; held: number | null }>(
      'SELECT count(*) AS count, sum(held_out) AS held FROM record',
    );
    const [count, heldOut] = [row?.count ?? 0, row?.held ?? 0];
    return { count, training: count - heldOut, heldOut };
  }

  /** Oldest first. */
  async list(): Promise<StoredRecord[]> {
    const rows = await this.#database.all<Row>(
      'SELECT id, text, label, held_out, created_ms FROM record ORDER BY id',
    );
    return rows.map(row => ({
      id: row.id,
      text: row.text,
      label: row.label,
      heldOut: row.held_out === 1,
      createdMs: row.created_ms,
    }));
  }

  training = (): Promise<LabelledText[]> => this.#side(0);
  heldOut = (): Promise<LabelledText[]> => this.#side(1);

  /** Overwrites what it deletes, in the file and in the write-ahead log. Returns how many are gone. */
  async forget(which: Forget): Promise<number> {
    await this.#database.run('PRAGMA secure_delete = ON');
    const gone = await this.#database.transaction(tx => deleteRecords(tx, which, this.#clock.now()));
    // Through `run`: the checkpoint needs the connection that writes.
    if (gone > 0) await this.#database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    return gone;
  }

  #side(heldOut: number): Promise<LabelledText[]> {
    return this.#database.all<LabelledText>('SELECT text, label FROM record WHERE held_out = ? ORDER BY id', [
      heldOut,
    ]);
  }
}

async function deleteRecords(tx: Queries, which: Forget, nowMs: number): Promise<number> {
  if ('all' in which) return (await tx.run('DELETE FROM record')).changes;
  if ('olderThanMs' in which) {
    return (await tx.run('DELETE FROM record WHERE created_ms < ?', [nowMs - which.olderThanMs])).changes;
  }
  let gone = 0;
  for (const id of which.ids) gone += (await tx.run('DELETE FROM record WHERE id = ?', [id])).changes;
  return gone;
}
