// The states of releases in a real database: promoted, rolled back with a higher serial, and never below what devices have.

import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Candidate, Releases } from '../../coordinator/releases/releases.js';
import { coordinatorMigrations } from '../../coordinator/store/migrations.js';
import { systemClock } from '../../core/clock.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { temporaryFolder } from '../helpers/temporary.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const folder = temporaryFolder();
let count = 0;
let database: Database;
let releases: Releases;

beforeEach(async () => {
  database = await openDatabase(path.join(folder, `${++count}.db`), coordinatorMigrations);
  releases = new Releases({
    database,
    clock: systemClock,
    fleet: 'test',
    sign: bytes => new Uint8Array(sign(null, bytes, privateKey)),
  });
});
afterEach(() => database.close());

const content = (round: number): Candidate => ({
  task: 'notes',
  round,
  baseModel: 'b'.repeat(64),
  template: '{text} ->',
  labels: [],
  adapter: { mode: 'lora', rank: 4, alpha: 8, targets: ['q'] },
  aggregate: String(round).repeat(64),
  files: [{ name: 'adapter_model.safetensors', size: 10, sha256: 'c'.repeat(64) }],
  rootAccuracy: 0.5,
});

const publish = async (round: number) => {
  const candidate = await releases.candidate(content(round));
  await database.transaction(tx => releases.promote(tx, candidate.hash));
  return candidate.hash;
};

/** Newest first: place in the order of serials, and state. */
const states = async () => {
  const all = await releases.list();
  const serials = all.map(({ content }) => content.serial);
  expect(serials).toEqual([...new Set(serials)].sort((a, b) => b - a));
  return all.map(({ state }, at) => [all.length - at, state]);
};

describe('releases', () => {
  test('are signed over the bytes that name them, and retire the one before', async () => {
    await publish(1);
    const second = await releases.get(await publish(2));
    expect(verify(null, second.manifest, publicKey, second.signature)).toBe(true);
    expect(await states()).toEqual([
      [2, 'live'],
      [1, 'retired'],
    ]);
  });

  test('are rolled back by a new one with a higher serial', async () => {
    const first = await publish(1);
    await publish(2);
    const back = await releases.rollback(first);
    expect(back.content).toMatchObject({ round: 1, aggregate: '1'.repeat(64) });
    expect(await states()).toEqual([
      [3, 'live'],
      [2, 'rolled-back'],
      [1, 'retired'],
    ]);
    const { content: base } = await releases.rollback('base');
    expect(base).toMatchObject({ files: [], aggregate: '' });
    expect(base.serial).toBeGreaterThan(back.content.serial);
  });

  test('rise above all that was published before a backup came back', async () => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const open = (file: string) =>
      openDatabase(path.join(folder, file), coordinatorMigrations).then(database => {
        const sign_ = (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, privateKey));
        return { database, releases: new Releases({ database, clock, fleet: 'test', sign: sign_ }) };
      });
    const before = await open('before.db');
    await before.releases.candidate(content(1));
    await before.database.close();
    cpSync(path.join(folder, 'before.db'), path.join(folder, 'backup.db'));
    const after = await open('before.db');
    const serials = [];
    for (const round of [2, 3, 4]) {
      await after.database.transaction(tx => after.releases.discardCandidate(tx));
      serials.push((await after.releases.candidate(content(round))).content.serial);
    }
    await after.database.close();
    now += 60_000;
    const restored = await open('backup.db');
    await restored.database.transaction(tx => restored.releases.discardCandidate(tx));
    const next = (await restored.releases.candidate(content(5))).content.serial;
    await restored.database.close();
    expect(next).toBeGreaterThan(Math.max(...serials));
  });

  test('are not rolled back while a candidate waits, whose serial would fall behind', async () => {
    const first = await publish(1);
    await publish(2);
    const candidate = await releases.candidate(content(3));
    await expect(releases.rollback(first)).rejects.toMatchObject({ code: 'usage' });
    // Its round ends without a release: nothing stays in the way.
    await database.transaction(tx => releases.discardCandidate(tx));
    await expect(releases.get(candidate.hash)).rejects.toMatchObject({ code: 'release/not-found' });
    expect((await releases.rollback(first)).state).toBe('live');
  });

  test('refuse what cannot be gone back to', async () => {
    await expect(releases.rollback('base')).rejects.toMatchObject({ code: 'usage' });
    const first = await publish(1);
    await expect(releases.rollback(first)).rejects.toMatchObject({ code: 'usage' });
    await expect(releases.rollback('f'.repeat(64))).rejects.toMatchObject({ code: 'release/not-found' });
  });
});
