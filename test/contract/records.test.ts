// Records in a real database: each once, all or none of a file, forgotten for good.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Records } from '../../agent/records/records.js';
import { WatchFolder } from '../../agent/records/watchFolder.js';
import { agentMigrations } from '../../agent/store/migrations.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { silentLog } from '../../platform/log.js';

let folder: string;
let database: Database;
let records: Records;
let now = 1_000;
const clock: Clock = { ...systemClock, now: () => now };
const line = (text: string, label = 'team; thing'): string => `${JSON.stringify({ text, label })}\n`;
const file = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'skein-records-'));
  database = await openDatabase(path.join(folder, 'agent.db'), agentMigrations);
  records = new Records(database, clock);
});

afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('records', () => {
  it('count duplicates once, in a file and over files', async () => {
    const many = Array.from({ length: 60 }, (_, i) => line(`note ${i}`)).join('');
    expect(await records.importFile(file('a.jsonl', many + line('note 3')))).toEqual({
      imported: 60,
      duplicates: 1,
      skipped: [],
    });
    expect((await records.importFile(file('b.jsonl', line('note 59') + line('new')))).imported).toBe(1);
    const counts = await records.counts();
    expect(counts.count).toBe(61);
    expect(counts.training + counts.heldOut).toBe(61);
    expect((await records.training()).length).toBe(counts.training);
    const held = await records.heldOut();
    expect(held.length).toBeGreaterThan(0);
    expect((await records.list()).filter(record => record.heldOut).map(record => record.text)).toEqual(
      held.map(record => record.text),
    );
    expect(statSync(path.join(folder, 'agent.db')).mode & 0o777).toBe(0o600);
  });

  it('import nothing of a file with a bad line, unless that is wanted', async () => {
    const bad = file('bad.jsonl', `${line('good')}no JSON\n${line('fine')}{"text":"x"}\n`);
    await expect(records.importFile(bad)).rejects.toMatchObject({
      code: 'record/invalid',
      data: { lines: [2, 4] },
    });
    expect((await records.counts()).count).toBe(0);
    const result = await records.importFile(bad, { skipBad: true });
    expect([result.imported, result.skipped.map(problem => problem.line)]).toEqual([2, [2, 4]]);
    await expect(records.importFile(path.join(folder, 'absent'))).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });

  it('are forgotten by id, by age, and all, and leave no trace on the disk', async () => {
    await records.add([
      { text: 'oldest zebra crossing', label: 'a' },
      { text: 'another zebra crossing', label: 'b' },
    ]);
    now = 100_000;
    await records.add([{ text: 'young zebra', label: 'c' }]);
    const [first] = await records.list();
    expect(await records.forget({ ids: [first?.id ?? -1, 999] })).toBe(1);
    expect(await records.forget({ olderThanMs: 50_000 })).toBe(1);
    expect((await records.list()).map(record => record.text)).toEqual(['young zebra']);
    expect(await records.forget({ all: true })).toBe(1);
    for (const name of readdirSync(folder))
      expect(readFileSync(path.join(folder, name), 'latin1')).not.toContain('zebra');
  });

  it('come in through a watched folder once they are whole', async () => {
    const watched = path.join(folder, 'inbox');
    const watch = new WatchFolder({ folder: watched, records, clock, log: silentLog });
    await watch.start();
    try {
      file('inbox/good.jsonl', line('one'));
      file('inbox/bad.jsonl', 'nothing');
      file('inbox/ignored.txt', line('two'));
      await watch.look();
      expect((await records.counts()).count).toBe(0);
      file('inbox/good.jsonl', line('one') + line('three'));
      await watch.look();
      await watch.look();
      await watch.look();
      expect((await records.list()).map(record => record.text)).toEqual(['one', 'three']);
      expect(readdirSync(path.join(watched, 'done')).map(name => name.replace(/^\d+-/, ''))).toEqual([
        'good.jsonl',
      ]);
      expect(readdirSync(path.join(watched, 'bad')).map(name => name.replace(/^\d+-/, ''))).toEqual([
        'bad.jsonl',
      ]);
      expect(readdirSync(watched).sort()).toEqual(['bad', 'done', 'ignored.txt']);
    } finally {
      await watch.stop();
    }
  });
});
