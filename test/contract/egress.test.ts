// The gate: nothing leaves uncleared, unreceipted, twice, for another purpose, or past the budget of the day.

import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cleared, EgressGate, outboxOwner } from '../../agent/egress/gate.js';
import type { UpKind } from '../../agent/egress/policy.js';
import { Link } from '../../agent/link/link.js';
import { linkSchema } from '../../agent/store/schema/link.js';
import { toHex } from '../../core/bytes.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import { BlobStore } from '../../platform/blobStore.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { silentLog } from '../../platform/log.js';
import { openEnvelope, splitBlob } from '../../proto/codec.js';
import { someUpdate } from '../helpers/updates.js';
import { aboutDevice, temporaryFolder } from '../helpers/wire.js';

let file: string;
let database: Database;
let nowMs: number;
const clock: Clock = { now: () => nowMs, after: systemClock.after };
const open = async (bytesPerDay = 1e6): Promise<EgressGate> => {
  const gate = new EgressGate({ database, fleet: 'test', device: 'd1', bytesPerDay, clock });
  await gate.start();
  return gate;
};
beforeEach(async () => {
  file = path.join(await temporaryFolder('egress'), 'link.db');
  database = await openDatabase(file, [{ version: 1, sql: linkSchema }]);
  nowMs = Date.UTC(2026, 0, 31, 23, 0);
});
afterEach(() => database.close());

const context = { task: 't', round: 4 };
const update = someUpdate(1, 30_000);
const chunks = splitBlob(update);
const fill = () => database.transaction(tx => new BlobStore(tx).put(outboxOwner, update, undefined, 't', 4));

test('content is receipted on disk before its bytes can be had', async () => {
  await fill();
  const gate = await open();
  const cleared = await gate.clear('chunk', context, chunks[1] as (typeof chunks)[0], 'update');
  const [receipt] = await gate.receipts();
  const { bytes, topic } = Cleared.take(cleared);
  const envelope = openEnvelope(bytes, 60_000);
  expect(receipt).toEqual({
    id: 1,
    timeMs: nowMs,
    kind: 'chunk',
    purpose: 'update',
    policy: 'adapter weights of an accepted assignment',
    task: 't',
    round: 4,
    bytes: bytes.length,
    hash: toHex(envelope.hash),
  });
  expect(topic).toBe('skein/1/test/d/d1/up/chunk');
  expect(envelope).toMatchObject({ fleet: 'test', device: 'd1', task: 't', round: 4, kind: 'chunk' });
});

test('what is cleared leaves once, and nothing else is Cleared', async () => {
  const gate = await open();
  const cleared = await gate.clear(
    'progress',
    context,
    { phase: 'done', step: 1, steps: 1, reason: '' },
    'participation',
  );
  Cleared.take(cleared);
  const forged = Object.create(Cleared.prototype);
  for (const value of [
    cleared,
    forged,
    { topic: 'x', qos: 1, bytes: new Uint8Array(1) },
    null,
    undefined,
    'x',
    7,
  ]) {
    expect(() => Cleared.take(value)).toThrow(expect.objectContaining({ code: 'egress/refused' }));
  }
  const packet = { topic: 'x', qos: 1 as const, bytes: new Uint8Array(1) };
  expect(() => new Cleared(Symbol('gate'), packet)).toThrow(
    expect.objectContaining({ code: 'egress/refused' }),
  );
});

test('the link takes nothing that was not cleared', async () => {
  const gate = await open();
  const identity = { fleet: 'test', device: 'd1', mqtt: { host: '127.0.0.1', port: 1 } } as never;
  const link = new Link({
    identity,
    database,
    gate,
    presence: () => aboutDevice,
    clock,
    random: systemRandom,
    log: silentLog,
  });
  await expect(link.publish({ topic: 'x', qos: 0, bytes: new Uint8Array(1) } as never)).rejects.toMatchObject(
    { code: 'egress/refused' },
  );
});

test('unknown kinds and other purposes stay inside', async () => {
  await fill();
  const gate = await open();
  for (const kind of ['gossip', 'ack', 'assignment', 'toString', '__proto__']) {
    await expect(gate.clear(kind as UpKind, context, {} as never, 'update')).rejects.toMatchObject({
      code: 'egress/unknown-kind',
    });
  }
  const [chunk] = chunks as [(typeof chunks)[0]];
  await expect(gate.clear('chunk', context, chunk, 'presence')).rejects.toMatchObject({
    code: 'egress/refused',
  });
  expect(await gate.receipts()).toEqual([]);
});

test('a chunk leaves only as it stands in the outbox', async () => {
  const gate = await open();
  const [chunk] = chunks as [(typeof chunks)[0]];
  await expect(gate.clear('chunk', context, chunk, 'update')).rejects.toMatchObject({
    code: 'egress/refused',
  });
  await fill();
  const altered = Uint8Array.from(chunk.data);
  altered.set(new TextEncoder().encode('the patient in bed seven'), 100);
  await expect(gate.clear('chunk', context, { ...chunk, data: altered }, 'update')).rejects.toMatchObject({
    code: 'egress/refused',
  });
  await gate.clear('chunk', context, chunk, 'update');
  expect(await gate.receipts()).toHaveLength(1);
  expect(await gate.totals()).toMatchObject({ contentBytes: (await gate.receipts())[0]?.bytes });
});

test('the budget holds for content, also over a restart, and begins anew the next day', async () => {
  await fill();
  const budget = 2 * 50_000;
  const gate = await open(budget);
  const clear = (on: EgressGate) => on.clear('chunk', context, chunks[0] as (typeof chunks)[0], 'update');
  await Promise.all([clear(gate), clear(gate)]);
  await expect(clear(gate)).rejects.toMatchObject({ code: 'egress/budget' });
  // Saying so is still possible.
  await gate.clear(
    'progress',
    context,
    { phase: 'failed', step: 0, steps: 0, reason: 'egress/budget' },
    'participation',
  );
  const again = await open(budget);
  await expect(clear(again)).rejects.toMatchObject({ code: 'egress/budget' });
  expect(await again.receipts()).toHaveLength(2);
  nowMs += 3_600_000;
  expect(await again.bytesLeftToday()).toBe(budget);
  await clear(again);
  expect(await again.bytesLeftToday()).toBeLessThan(budget);
  expect((await again.receipts({ limit: 2 })).map(({ id }) => id)).toEqual([3, 2]);
});

test('control messages are counted', async () => {
  const gate = await open();
  for (let i = 0; i < 3; i++)
    await gate.clear('want', context, { blob: new Uint8Array(32), indexes: [i] }, 'release');
  await gate.stop();
  expect(await (await open()).totals()).toMatchObject({ controlMessages: 3, contentBytes: 0 });
  expect(await gate.receipts()).toEqual([]);
});

test('sequences and sessions rise over restarts, also where the clock went back', async () => {
  const sequences: number[] = [];
  const epochs: number[] = [];
  for (const back of [0, 1_000, 86_400_000, 1]) {
    nowMs -= back;
    const gate = await open();
    for (let i = 0; i < 2; i++) {
      const cleared = await gate.clear(
        'want',
        context,
        { blob: new Uint8Array(32), indexes: [i] },
        'release',
      );
      sequences.push(openEnvelope(Cleared.take(cleared).bytes, 10_000).sequence);
    }
    epochs.push(await gate.newEpoch());
  }
  for (const list of [sequences, epochs]) {
    expect([...new Set(list)].sort((a, b) => a - b)).toEqual(list);
  }
});
