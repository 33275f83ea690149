// SQLite with one writer queue a database: WAL, synchronous=FULL, migrations in order, errors with codes.

import { AsyncLocalStorage } from 'node:async_hooks';
import { statfsSync } from 'node:fs';
import { chmod, open } from 'node:fs/promises';
import path from 'node:path';
import sqlite from 'sqlite3';
import { SkeinError, toSkeinError } from '../core/errors.js';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export type SqlValue = string | number | boolean | null | Uint8Array;

export interface Queries {
  all<T>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  get<T>(sql: string, params?: readonly SqlValue[]): Promise<T | undefined>;
  /** `lastId`: the row id of the last INSERT. */
  run(sql: string, params?: readonly SqlValue[]): Promise<{ changes: number; lastId: number }>;
}

export interface Database extends Queries {
  /**
   * Runs `work` alone between BEGIN and COMMIT; whatever it throws rolls back. Inside, only `tx` may be used: the
   * database itself would wait for its own transaction, so that call throws instead.
   */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Waits for what is queued. */
  close(): Promise<void>;
}

/**
 * Opens or makes the file (mode 0600) and brings it to the newest migration. Writes and transactions go one after the
 * other over one connection; reads go over a second one and see what is committed.
 * Throws `store/invalid` for a newer schema or another kind of file, `io/*` where the disk refuses, `io/locked` where
 * another program keeps it busy for longer than `busyMs`.
 */
export async function openDatabase(
  file: string,
  migrations: readonly Migration[],
  { busyMs = 10_000 }: { busyMs?: number } = {},
): Promise<Database> {
  try {
    await (await open(file, 'a', 0o600)).close();
    await chmod(file, 0o600);
  } catch (error) {
    throw toSkeinError(error);
  }
  const writer = await Connection.open(file, sqlite.OPEN_READWRITE, busyMs);
  try {
    await migrate(writer, file, migrations);
    return new SqliteDatabase(writer, await Connection.open(file, sqlite.OPEN_READONLY, busyMs));
  } catch (error) {
    await writer.close();
    throw error;
  }
}

/** SQLite does not wait its busy timeout where two connections change the journal of a new file at once: one must try again. */
async function toWriteAheadLog(connection: Connection, tries = 20): Promise<void> {
  try {
    await connection.exec('PRAGMA journal_mode=WAL');
  } catch (error) {
    if (tries <= 1 || !(error instanceof SkeinError) || error.code !== 'io/locked') throw error;
    await new Promise(resolve => setTimeout(resolve, 25));
    await toWriteAheadLog(connection, tries - 1);
  }
}

async function migrate(
  connection: Connection,
  file: string,
  migrations: readonly Migration[],
): Promise<void> {
  await toWriteAheadLog(connection);
  await connection.exec('PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;');
  const current = (await connection.get<{ user_version: number }>('PRAGMA user_version'))?.user_version ?? 0;
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    const message = `${file} has schema ${current}; this version knows ${newest}.`;
    throw new SkeinError('store/invalid', message, { data: { path: file, found: current, known: newest } });
  }
  for (const { version, sql } of migrations) {
    if (version <= current) continue;
    // The version is read again inside the transaction: two programs may open one new file at once.
    await connection.exec('BEGIN IMMEDIATE');
    try {
      const now = (await connection.get<{ user_version: number }>('PRAGMA user_version'))?.user_version ?? 0;
      if (now < version) await connection.exec(`${sql}\n;PRAGMA user_version=${version};`);
      await connection.exec('COMMIT');
    } catch (error) {
      await connection.exec('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

class SqliteDatabase implements Database {
  readonly #writer: Connection;
  readonly #reader: Connection;
  readonly #current = new AsyncLocalStorage<{ open: boolean }>();
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(writer: Connection, reader: Connection) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async all<T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    this.#check();
    return this.#reader.all<T>(sql, params);
  }

  async get<T>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    this.#check();
    return this.#reader.get<T>(sql, params);
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<{ changes: number; lastId: number }> {
    this.#check();
    return this.#enqueue(() => this.#writer.run(sql, params));
  }

  async transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    this.#check();
    return this.#enqueue(async () => {
      await this.#writer.exec('BEGIN IMMEDIATE');
      const state = { open: true };
      try {
        const result = await this.#current.run(state, () => work(transactionQueries(this.#writer, state)));
        state.open = false;
        await this.#writer.exec('COMMIT');
        return result;
      } catch (error) {
        state.open = false;
        await this.#writer.exec('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(async () => {
      await this.#reader.close();
      await this.#writer.close();
    });
    return this.#closing;
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #check(): void {
    if (this.#closing !== undefined) throw new SkeinError('internal', 'The database is closed.');
    if (this.#current.getStore()?.open === true) {
      throw new SkeinError(
        'internal',
        'The database was used inside its own transaction; use the queries passed in.',
      );
    }
  }
}

function transactionQueries(connection: Connection, state: { readonly open: boolean }): Queries {
  const check = (): void => {
    if (!state.open)
      throw new SkeinError('internal', 'The queries of a transaction were used after its end.');
  };
  return {
    async all<T>(sql: string, params: readonly SqlValue[] = []) {
      check();
      return connection.all<T>(sql, params);
    },
    async get<T>(sql: string, params: readonly SqlValue[] = []) {
      check();
      return connection.get<T>(sql, params);
    },
    async run(sql, params = []) {
      check();
      return connection.run(sql, params);
    },
  };
}

/** One sqlite3 handle with promises; its errors carry codes. */
class Connection {
  readonly #db: sqlite.Database;
  readonly #file: string;

  constructor(db: sqlite.Database, file: string) {
    this.#db = db;
    this.#file = file;
  }

  static open(file: string, mode: number, busyMs: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const db = new sqlite.Database(file, mode, error => {
        if (error !== null) return reject(storeError(error, file));
        db.configure('busyTimeout', busyMs);
        resolve(new Connection(db, file));
      });
    });
  }

  all<T>(sql: string, params: readonly SqlValue[]): Promise<T[]> {
    return new Promise((resolve, reject) => {
      this.#db.all<Row>(sql, params.map(bound), (error, rows) => {
        if (error !== null) reject(storeError(error, this.#file));
        else resolve(rows.map(row => plain(row) as T));
      });
    });
  }

  async get<T>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, params))[0];
  }

  run(sql: string, params: readonly SqlValue[]): Promise<{ changes: number; lastId: number }> {
    const file = this.#file;
    return new Promise((resolve, reject) => {
      this.#db.run(sql, params.map(bound), function (this: sqlite.RunResult, error: Error | null) {
        if (error !== null) reject(storeError(error, file));
        else resolve({ changes: this.changes, lastId: this.lastID });
      });
    });
  }

  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#db.exec(sql, error => (error === null ? resolve() : reject(storeError(error, this.#file))));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#db.close(error => (error === null ? resolve() : reject(storeError(error, this.#file))));
    });
  }
}

type Row = Record<string, unknown>;

const bound = (value: SqlValue): unknown =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;

/** Blobs come as Buffers; the rest of Skein knows Uint8Array alone. */
function plain(row: Row): Row {
  for (const [name, value] of Object.entries(row)) {
    if (Buffer.isBuffer(value)) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return row;
}

/** Less than SQLite needs beside a database before it can even be read: one segment of the log's index is 32 KiB. */
const leastFreeBytes = 64 * 1024;

function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path.dirname(file));
    return bavail * bsize < leastFreeBytes;
  } catch {
    return false;
  }
}

/** What SQLite's result codes (sqlite.org/rescode.html) mean to whoever runs the program. */
function storeError(error: Error, file: string): SkeinError {
  const options = { data: { path: file }, cause: error };
  switch ((error as NodeJS.ErrnoException).code) {
    case 'SQLITE_FULL':
      return new SkeinError('io/full', `The disk of ${file} is full.`, options);
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
      return new SkeinError('io/denied', `${file} cannot be written.`, options);
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new SkeinError('io/locked', `${file} is in use by another program.`, options);
    case 'SQLITE_IOERR':
      // A log that cannot grow is reported as this.
      if (isFull(file)) return new SkeinError('io/full', `The disk of ${file} is full.`, options);
      return new SkeinError('io/invalid', `${file}: the disk reported an error (${error.message}).`, options);
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return new SkeinError('store/invalid', `${file} is not a usable database.`, options);
    default:
      return new SkeinError('internal', `${file}: ${error.message}`, options);
  }
}
