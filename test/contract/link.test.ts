// The link: connects and comes back by itself, says who is there, and loses nothing that stands in the outbox.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256Hex } from '../../core/bytes.js';
import { createLog } from '../../platform/log.js';
import { someUpdate } from '../helpers/updates.js';
import {
  type Coordinator,
  connectedDevice,
  type Device,
  enrolled,
  newFleetFolder,
  openCoordinator,
  openDevice,
  temporaryFolder,
  until,
} from '../helpers/wire.js';

let coordinator: Coordinator;
let device: Device | undefined;
beforeEach(async () => {
  coordinator = await openCoordinator(await newFleetFolder());
});
afterEach(async () => {
  await device?.stop();
  device = undefined;
  await coordinator.stop();
});

const presences = (name: string) =>
  coordinator.heard
    .filter(({ device, kind }) => device === name && kind === 'presence')
    .map(({ message }) => message as { epoch: number; online: boolean });

test('a birth, a goodbye, and what the device says in between', async () => {
  device = await connectedDevice(coordinator, 'd1');
  await device.link.send(
    'progress',
    { task: 't', round: 3 },
    { phase: 'training', step: 1, steps: 9, reason: '' },
    'participation',
  );
  await until(() => coordinator.heard.some(({ kind }) => kind === 'progress'));
  expect(coordinator.heard.map(({ device, kind }) => `${device} ${kind}`)).toEqual([
    'd1 presence',
    'd1 progress',
  ]);
  expect(coordinator.broker.connected()).toEqual(['d1']);
  await device.stop();
  device = undefined;
  await until(() => presences('d1').length === 2);
  const [birth, goodbye] = presences('d1');
  expect([birth?.online, goodbye?.online]).toEqual([true, false]);
  expect(goodbye?.epoch).toBe(birth?.epoch);
  expect(coordinator.counters.value('up', 'd1')).toBeGreaterThan(100);
  expect(coordinator.counters.value('down', 'd1')).toBeGreaterThan(0);
  expect(coordinator.counters.all('refused')).toEqual({});
});

test('a lost connection leaves the last will, and the device comes back as a new session', async () => {
  device = await connectedDevice(coordinator, 'd1');
  coordinator.broker.disconnect('d1');
  await until(() => presences('d1').length === 3);
  const [birth, will, again] = presences('d1');
  expect([birth?.online, will?.online, again?.online]).toEqual([true, false, true]);
  expect(will?.epoch).toBe(birth?.epoch);
  expect(again?.epoch).toBeGreaterThan(birth?.epoch ?? 0);
});

test('what the coordinator says arrives as typed events', async () => {
  device = await connectedDevice(coordinator, 'd1');
  const events: string[] = [];
  device.link.events.on('closed', ({ task, round, message }) =>
    events.push(`${task} ${round} ${message.outcome}`),
  );
  device.link.events.on('release', ({ message }) => events.push(`release ${message.manifest.length}`));
  await coordinator.post.send('d1', 'closed', { task: 't', round: 2 }, { outcome: 'failed', release: '' });
  await coordinator.post.broadcast(
    'release',
    { task: 't', round: 2 },
    { manifest: new Uint8Array(7), signature: new Uint8Array(64) },
  );
  await coordinator.post.send(
    'nobody',
    'closed',
    { task: 't', round: 2 },
    { outcome: 'failed', release: '' },
  );
  await until(() => events.length === 2);
  expect(events).toEqual(['t 2 failed', 'release 7']);
});

test('an update reaches the coordinator once, and its row dies with the Ack', async () => {
  device = await connectedDevice(coordinator, 'd1');
  const delivered: object[] = [];
  device.link.events.on('delivered', value => delivered.push(value));
  const bytes = someUpdate(1, 60_000);
  const hash = await device.link.sendUpdate({ task: 't', round: 1 }, bytes);
  expect(hash).toBe(sha256Hex(bytes));
  await until(() => delivered.length === 1);
  expect(delivered).toEqual([{ task: 't', round: 1, hash, accepted: true, reason: '' }]);
  expect(
    coordinator.taken.map(({ device, task, round, bytes }) => [device, task, round, sha256Hex(bytes)]),
  ).toEqual([['d1', 't', 1, hash]]);
  expect(await device.link.pendingUpdates()).toEqual([]);
  // The same once more: acknowledged again, counted once.
  await device.link.sendUpdate({ task: 't', round: 1 }, bytes);
  await until(() => delivered.length === 2);
  expect(coordinator.taken).toHaveLength(1);
});

test('written while nobody is there, sent when somebody is; a restart of the device loses nothing', async () => {
  const identity = await enrolled(coordinator, 'd1', coordinator.port);
  const folder = await temporaryFolder('device');
  const offline = await openDevice(folder, identity);
  const hashes = [
    await offline.link.sendUpdate({ task: 't', round: 1 }, someUpdate(1)),
    await offline.link.sendUpdate({ task: 't', round: 2 }, someUpdate(2)),
  ];
  await expect(
    offline.link.send(
      'reply',
      { task: 't', round: 1 },
      { nonce: new Uint8Array(16), accepted: true, reason: '' },
      'participation',
    ),
  ).rejects.toMatchObject({ code: 'net/unreachable' });
  await offline.database.close();

  device = await openDevice(folder, identity);
  expect((await device.link.pendingUpdates()).map(({ hash }) => hash)).toEqual(hashes);
  device.link.start();
  await until(async () => (await device?.link.pendingUpdates())?.length === 0);
  expect(coordinator.taken.map(({ round }) => round).sort()).toEqual([1, 2]);
});

test('a coordinator that is gone and comes back as a new process is found again', async () => {
  device = await connectedDevice(coordinator, 'd1');
  const { folder, port } = coordinator;
  await coordinator.stop();
  await until(() => device?.link.connected === false);
  await device.link.sendUpdate({ task: 't', round: 1 }, someUpdate(1));
  coordinator = await openCoordinator(folder, { port });
  await until(() => coordinator.taken.length === 1);
  await until(async () => (await device?.link.pendingUpdates())?.length === 0);
  expect(coordinator.counters.all('refused')).toEqual({});
});

test('what the coordinator refuses for good leaves the outbox with its reason; what it cannot do now stays', async () => {
  const { SkeinError } = await import('../../core/errors.js');
  const { folder, port } = coordinator;
  await coordinator.stop();
  let full = true;
  coordinator = await openCoordinator(folder, {
    port,
    admit: async ({ round }) => {
      if (round === 1) throw new SkeinError('wire/replay', 'That round is over.');
    },
    take: async ({ round }) => {
      if (round === 2) throw new SkeinError('round/invalid-update', 'Not so.');
      if (full) throw new SkeinError('io/full', 'Later.');
    },
  });
  device = await connectedDevice(coordinator, 'd1');
  const delivered: string[] = [];
  device.link.events.on('delivered', ({ round, accepted, reason }) =>
    delivered.push(`${round} ${accepted} ${reason}`),
  );
  for (const round of [1, 2, 3]) await device.link.sendUpdate({ task: 't', round }, someUpdate(round));
  await until(() => delivered.length === 2 && coordinator.counters.value('refused', 'io/full') > 0);
  expect(delivered.sort()).toEqual(['1 false wire/replay', '2 false round/invalid-update']);
  expect((await device.link.pendingUpdates()).map(({ round }) => round)).toEqual([3]);
  full = false;
  await until(() => delivered.length === 3);
  expect(delivered[2]).toBe('3 true ');
});

test('a revoked device is told so, says so, and does not hurry back', async () => {
  const file = path.join(await temporaryFolder('log'), 'log');
  device = await connectedDevice(coordinator, 'd1', { log: createLog({ name: 'd1', file }) });
  await coordinator.devices.revoke('d1');
  await until(() => device?.link.lastEnd?.code === 'identity/revoked');
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const said = lines.map(line => JSON.parse(line)).filter(({ code }) => code === 'identity/revoked');
  expect(said).toMatchObject([{ level: 50, waitMs: expect.any(Number) }]);
  expect(said[0].waitMs).toBeGreaterThan(1_000_000);
  expect(device.link.connected).toBe(false);
  expect(coordinator.counters.all('refused')).toEqual({ 'identity/revoked': 1 });
  // It does not wait in the way of its own end.
  await device.stop();
  device = undefined;
});

test('a certificate that the coordinator does not know is no revocation: the device keeps trying', async () => {
  const identity = await enrolled(coordinator, 'd1', coordinator.port);
  await coordinator.database.run("UPDATE device SET serial = 'ff' WHERE id = 'd1'");
  device = await openDevice(await temporaryFolder('device'), identity);
  device.link.start();
  await until(() => coordinator.counters.value('refused', 'identity/missing') >= 3);
  expect(device.link.lastEnd?.code).toBe('identity/missing');
});
