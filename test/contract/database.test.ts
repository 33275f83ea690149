// The database: one writer queue, transactions alone, migrations in order, errors with codes.

import { chmod, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../platform/database.js';

const first = { version: 1, sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER NOT NULL, b BLOB);' };
let file: string;
beforeEach(async () => {
  file = path.join(await mkdtemp(path.join(tmpdir(), 'skein-db-')), 'skein.db');
});

async function withDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openDatabase(file, [first]);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

test('values come back as they went in; the file is private', async () => {
  await withDatabase(async db => {
    const { lastId, changes } = await db.run('INSERT INTO t (v, b) VALUES (?, ?)', [
      1_790_000_000_000,
      Uint8Array.of(1, 2, 3),
    ]);
    expect(changes).toBe(1);
    const row = await db.get<{ v: number; b: Uint8Array }>('SELECT v, b FROM t WHERE id = ?', [lastId]);
    expect(row).toEqual({ v: 1_790_000_000_000, b: Uint8Array.of(1, 2, 3) });
    expect(await db.get('SELECT 1 FROM t WHERE id = 99')).toBeUndefined();
    for (const name of [file, `${file}-wal`]) expect((await stat(name)).mode & 0o777).toBe(0o600);
    expect(await db.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
  });
});

test('transactions of concurrent callers do not interleave, and one that throws leaves nothing', async () => {
  await withDatabase(async db => {
    await db.run('INSERT INTO t (id, v) VALUES (1, 0)');
    const add = (fail: boolean) =>
      db.transaction(async tx => {
        const { v } = (await tx.get<{ v: number }>('SELECT v FROM t WHERE id = 1')) as { v: number };
        await new Promise(resolve => setImmediate(resolve));
        await tx.run('UPDATE t SET v = ? WHERE id = 1', [v + 1]);
        if (fail) throw new Error('no');
      });
    const results = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => add(i % 4 === 0)));
    expect(results.filter(r => r.status === 'rejected')).toHaveLength(10);
    expect(await db.get('SELECT v FROM t')).toEqual({ v: 30 });
  });
});

test('readers see only what is committed', async () => {
  await withDatabase(async db => {
    let inside: (() => void) | undefined;
    let go: (() => void) | undefined;
    const entered = new Promise<void>(resolve => (inside = resolve));
    const goOn = new Promise<void>(resolve => (go = resolve));
    const work = db.transaction(async tx => {
      await tx.run('INSERT INTO t (v) VALUES (7)');
      inside?.();
      await goOn;
    });
    await entered;
    expect(await db.all('SELECT v FROM t')).toEqual([]);
    go?.();
    await work;
    expect(await db.all('SELECT v FROM t')).toEqual([{ v: 7 }]);
  });
});

test('using the database inside its own transaction throws at once; what the transaction started may use it later', async () => {
  await withDatabase(async db => {
    for (const use of [
      () => db.run('INSERT INTO t (v) VALUES (1)'),
      () => db.get('SELECT 1'),
      () => db.transaction(async () => undefined),
    ]) {
      await expect(db.transaction(use)).rejects.toMatchObject({ code: 'internal' });
    }
    let later: Promise<unknown> | undefined;
    await db.transaction(async () => {
      later = new Promise(resolve => setTimeout(resolve, 20)).then(() =>
        db.run('INSERT INTO t (v) VALUES (1)'),
      );
    });
    await later;
    expect(await db.all('SELECT v FROM t')).toEqual([{ v: 1 }]);
    let kept: { run(sql: string): Promise<unknown> } | undefined;
    await db.transaction(async tx => {
      kept = tx;
    });
    await expect(kept?.run('DELETE FROM t')).rejects.toMatchObject({ code: 'internal' });
  });
});

test('migrations run once each, in order; a newer file is refused; a broken one changes nothing', async () => {
  await withDatabase(db => db.run('INSERT INTO t (v) VALUES (1)'));
  const second = { version: 2, sql: 'ALTER TABLE t ADD COLUMN w INTEGER NOT NULL DEFAULT 5;' };
  const broken = { version: 3, sql: 'CREATE TABLE u (x); SELECT nonsense;' };
  await expect(openDatabase(file, [first, second, broken])).rejects.toMatchObject({ code: 'internal' });
  const db = await openDatabase(file, [first, second]);
  expect(await db.all('SELECT v, w FROM t')).toEqual([{ v: 1, w: 5 }]);
  expect(await db.all("SELECT name FROM sqlite_master WHERE name = 'u'")).toEqual([]);
  await db.close();
  await expect(openDatabase(file, [first])).rejects.toMatchObject({ code: 'store/invalid' });
});

test('two programs that open one new file at once both succeed', async () => {
  const both = await Promise.all([openDatabase(file, [first]), openDatabase(file, [first])]);
  await Promise.all(both.map(db => db.run('INSERT INTO t (v) VALUES (1)')));
  expect(await both[0].all('SELECT v FROM t')).toHaveLength(2);
  await Promise.all(both.map(db => db.close()));
});

test('another kind of file, a missing folder, a folder in its place: codes', async () => {
  await writeFile(file, 'this is not a database, but long enough to be looked at as one. '.repeat(20));
  await expect(openDatabase(file, [first])).rejects.toMatchObject({ code: 'store/invalid' });
  await expect(openDatabase(path.join(file, 'x'), [first])).rejects.toMatchObject({ name: 'SkeinError' });
  await expect(openDatabase(`${path.dirname(file)}/no/x.db`, [first])).rejects.toMatchObject({
    code: 'io/not-found',
  });
});

test('a folder that may not be written', async () => {
  await chmod(path.dirname(file), 0o500);
  // Modes do not stop root; sysfs does.
  const denied = process.getuid?.() === 0 ? '/sys/skein.db' : file;
  await expect(openDatabase(denied, [first])).rejects.toMatchObject({ code: 'io/denied' });
});

test('a full disk is io/full, and the database works on afterwards', async () => {
  await withDatabase(async db => {
    // SQLite's own limit stands for the disk's.
    await db.transaction(async tx => {
      const { page_count } = (await tx.get<{ page_count: number }>('PRAGMA page_count')) as {
        page_count: number;
      };
      await tx.all(`PRAGMA max_page_count = ${page_count + 2}`);
    });
    const big = new Uint8Array(100_000);
    await expect(db.run('INSERT INTO t (v, b) VALUES (1, ?)', [big])).rejects.toMatchObject({
      code: 'io/full',
    });
    await db.run('INSERT INTO t (v) VALUES (2)');
    expect(await db.all('SELECT v FROM t')).toEqual([{ v: 2 }]);
  });
});

test('after close nothing works, and closing waits for what is queued', async () => {
  const db = await openDatabase(file, [first]);
  const writes = Array.from({ length: 5 }, () => db.run('INSERT INTO t (v) VALUES (1)'));
  await Promise.all([...writes, db.close(), db.close()]);
  await expect(db.run('DELETE FROM t')).rejects.toMatchObject({ code: 'internal' });
});
