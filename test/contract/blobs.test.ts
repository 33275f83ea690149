// Blobs both ways: what is cut in the middle goes on by what is missing; what is not as agreed is refused and leaves no trace.

import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromHex, sha256, sha256Hex, toHex } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import { BlobStore } from '../../platform/blobStore.js';
import { decodeMessage, encodeMessage, openEnvelope, seal, splitBlob } from '../../proto/codec.js';
import type { Ack, Chunk, KindMessages, Want } from '../../proto/messages.js';
import { deviceFilters, kinds, parseTopic, upTopic } from '../../proto/topics.js';
import { someUpdate } from '../helpers/updates.js';
import {
  type Coordinator,
  type CoordinatorOptions,
  connectedDevice,
  type Device,
  enrolled,
  newFleetFolder,
  openCoordinator,
  openDevice,
  until,
} from '../helpers/wire.js';

let coordinator: Coordinator;
let device: Device | undefined;
let client: MqttClient | undefined;
beforeEach(async () => {
  coordinator = await openCoordinator(await newFleetFolder());
});
afterEach(async () => {
  await client?.endAsync(true);
  await device?.stop();
  client = device = undefined;
  await coordinator.stop();
});

const reopen = async (options: CoordinatorOptions = {}): Promise<void> => {
  const { folder, port } = coordinator;
  await coordinator.stop();
  coordinator = await openCoordinator(folder, { port, ...options });
};
const big = someUpdate(1, 500_000);
/** Where bytes are counted: a slow machine must not look like silence, after which things are said again. */
const patient = { retryMs: 60_000 };
const bigChunks = splitBlob(big).length;
const stored = async (of: Coordinator): Promise<number> =>
  (await of.database.get<{ n: number }>("SELECT COUNT(*) AS n FROM blob_chunk WHERE owner = 'd1'"))?.n ?? 0;
const chunkReceipts = async (of: Device): Promise<number> =>
  (await of.gate.receipts({ limit: 10_000 })).filter(({ kind }) => kind === 'chunk').length;

test('an upload that is cut again and again completes, and sends what is missing alone', async () => {
  device = await connectedDevice(coordinator, 'd1', { ...patient, chunkWindow: 4 });
  await device.link.sendUpdate({ task: 't', round: 1 }, big);
  for (const share of [0.2, 0.5, 0.8]) {
    await until(async () => (await stored(coordinator)) >= share * bigChunks);
    coordinator.broker.disconnect('d1');
  }
  await until(() => coordinator.taken.length === 1);
  expect(sha256Hex(coordinator.taken[0]?.bytes ?? new Uint8Array())).toBe(sha256Hex(big));
  await until(async () => (await device?.link.pendingUpdates())?.length === 0);
  // At most what was on its way at each cut went twice.
  expect(await chunkReceipts(device)).toBeLessThanOrEqual(bigChunks + 3 * (4 + 16));
  expect(await stored(coordinator)).toBe(0);
});

test('a coordinator that restarts in the middle goes on from its disk', async () => {
  device = await connectedDevice(coordinator, 'd1', { ...patient, chunkWindow: 2 });
  await device.link.sendUpdate({ task: 't', round: 1 }, big);
  await until(async () => (await stored(coordinator)) >= bigChunks / 2);
  const before = await stored(coordinator);
  await reopen();
  expect(await stored(coordinator)).toBeGreaterThanOrEqual(before);
  await until(() => coordinator.taken.length === 1);
  expect(toHex(coordinator.taken[0]?.hash ?? new Uint8Array())).toBe(sha256Hex(big));
  expect(await chunkReceipts(device)).toBeLessThan(2 * bigChunks);
});

test('a device that restarts in the middle goes on from its outbox', async () => {
  device = await connectedDevice(coordinator, 'd1', { chunkWindow: 2 });
  await device.link.sendUpdate({ task: 't', round: 1 }, big);
  await until(async () => (await stored(coordinator)) >= bigChunks / 2);
  const { folder, identity } = device;
  await device.stop();
  device = await openDevice(folder, identity);
  device.link.start();
  await until(() => coordinator.taken.length === 1);
  await until(async () => (await device?.link.pendingUpdates())?.length === 0);
});

test('a crash between the commit and its Ack counts once for whoever goes by content', async () => {
  let crash = true;
  const committed = new Set<string>();
  await reopen({
    async take({ hash }) {
      committed.add(toHex(hash));
      if (crash) throw new Error('killed here');
    },
  });
  device = await connectedDevice(coordinator, 'd1');
  await device.link.sendUpdate({ task: 't', round: 1 }, someUpdate(2));
  await until(() => coordinator.counters.value('refused', 'internal') > 0);
  expect(await device.link.pendingUpdates()).toHaveLength(1);
  crash = false;
  await until(async () => (await device?.link.pendingUpdates())?.length === 0);
  expect(committed.size).toBe(1);
});

test('a spent budget stops the chunks, and the row waits', async () => {
  device = await connectedDevice(coordinator, 'd1', { bytesPerDay: 200_000 });
  await device.link.sendUpdate({ task: 't', round: 1 }, big);
  await until(async () => (await stored(coordinator)) === 4);
  // Offered again: no more than the budget leaves all the same.
  coordinator.broker.disconnect('d1');
  await until(() => coordinator.heard.filter(({ kind }) => kind === 'presence').length === 3);
  const sizes = (await device.gate.receipts()).map(({ bytes }) => bytes);
  expect(sizes).toHaveLength(4);
  expect(await device.gate.bytesLeftToday()).toBe(200_000 - sizes.reduce((a, b) => a + b, 0));
  expect(coordinator.taken).toEqual([]);
  expect(await device.link.pendingUpdates()).toHaveLength(1);
});

test('a release file is fetched over cut connections and over a restart of the device', async () => {
  device = await connectedDevice(coordinator, 'd1', { chunkWindow: 2 });
  const name = await coordinator.files.put(big);
  const arrived = async (): Promise<number> =>
    (await device?.database.get<{ n: number }>("SELECT COUNT(*) AS n FROM blob_chunk WHERE owner = ':in'"))
      ?.n ?? 0;
  const stop = new AbortController();
  const first = device.link.fetchBlob(name, big.length, stop.signal).catch(error => error);
  await until(async () => (await arrived()) >= bigChunks / 4);
  coordinator.broker.disconnect('d1');
  await until(async () => (await arrived()) >= bigChunks / 2);
  stop.abort(new SkeinError('cancelled', 'Stop.'));
  expect(await first).toMatchObject({ code: 'cancelled' });
  const { folder, identity } = device;
  await device.stop();
  device = await openDevice(folder, identity, patient);
  const before = await arrived();
  expect(before).toBeGreaterThanOrEqual(bigChunks / 2);
  const downBefore = coordinator.counters.value('down', 'd1');
  device.link.start();
  const bytes = await device.link.fetchBlob(name, big.length, new AbortController().signal);
  expect(sha256Hex(bytes)).toBe(name);
  expect(coordinator.counters.value('down', 'd1') - downBefore).toBeLessThan(
    (bigChunks - before + 4) * 50_000,
  );
  expect(await arrived()).toBe(0);
});

test('what is not there, or is not what was said, is not fetched', async () => {
  device = await connectedDevice(coordinator, 'd1');
  const { signal } = new AbortController();
  const update = someUpdate(3);
  await expect(device.link.fetchBlob(sha256Hex('nothing'), 10, signal)).rejects.toMatchObject({
    code: 'release/not-found',
  });
  await expect(device.link.fetchBlob(sha256Hex('nothing'), 2 ** 40, signal)).rejects.toMatchObject({
    code: 'wire/oversized',
  });
  // Updates are no files: what one device gave, another cannot fetch.
  await device.link.sendUpdate({ task: 't', round: 1 }, update);
  await until(() => coordinator.taken.length === 1);
  await expect(device.link.fetchBlob(sha256Hex(update), update.length, signal)).rejects.toMatchObject({
    code: 'release/not-found',
  });
  await expect(
    device.link.fetchBlob(sha256Hex('x'), 1, AbortSignal.abort(new SkeinError('cancelled', 'No.'))),
  ).rejects.toMatchObject({ code: 'cancelled' });
});

// ---- a device that does not keep to what was agreed --------------------------------------------------------------

interface Hostile {
  say<K extends 'offer' | 'chunk' | 'want'>(kind: K, message: KindMessages[K], round?: number): Promise<void>;
  readonly acks: Ack[];
  readonly wants: Want[];
  readonly chunks: Chunk[];
}

async function hostile(): Promise<Hostile> {
  const identity = await enrolled(coordinator, 'd1', coordinator.port);
  const one = mqtt.connect({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: coordinator.port,
    ca: identity.ca,
    cert: identity.certificate,
    key: identity.key,
    clientId: 'd1',
    protocolVersion: 4,
    reconnectPeriod: 0,
  });
  client = one;
  one.on('error', () => undefined);
  const heard: Hostile = {
    acks: [],
    wants: [],
    chunks: [],
    async say(kind, message, round = 1) {
      sequence += 1;
      const head = { fleet: 'test', device: 'd1', task: 't', round, kind, sequence };
      await one.publishAsync(
        upTopic('test', 'd1', kind),
        Buffer.from(seal(head, encodeMessage(kind, message))),
        { qos: 1 },
      );
    },
  };
  let sequence = Date.now() * 1000;
  one.on('message', (topic, bytes) => {
    const kind = parseTopic(topic)?.kind;
    const { payload } = openEnvelope(bytes, kinds.chunk.maxBytes);
    if (kind === 'ack') heard.acks.push(decodeMessage('ack', payload));
    if (kind === 'want') heard.wants.push(decodeMessage('want', payload));
    if (kind === 'chunk') heard.chunks.push(decodeMessage('chunk', payload));
  });
  await new Promise(resolve => one.once('connect', resolve));
  await one.subscribeAsync([...deviceFilters('test', 'd1')], { qos: 1 });
  return heard;
}

const open = () => new BlobStore(coordinator.database).list('d1');
const refused = () => coordinator.counters.all('refused');

test('chunks of what nobody asked for', async () => {
  const { say } = await hostile();
  for (const chunk of splitBlob(someUpdate(1))) await say('chunk', chunk);
  await until(() => refused()['wire/replay'] === 1);
  expect(await stored(coordinator)).toBe(0);
});

test('a blob whose content is another, and one that is no update', async () => {
  const { say, acks } = await hostile();
  const text = new TextEncoder().encode('this is a private record and no update at all');
  const [honest] = splitBlob(text) as [Chunk];
  const liar = { ...honest, blob: sha256('something else') };
  for (const chunk of [honest, liar]) {
    await say('offer', { blob: chunk.blob, size: chunk.size, count: chunk.count });
    await until(async () => (await open()).length === 1);
    await say('chunk', chunk);
    await until(async () => (await open()).length === 0);
  }
  await until(() => acks.length === 2);
  expect(acks.map(({ accepted, reason }) => `${accepted} ${reason}`)).toEqual([
    'false wire/malformed',
    'false wire/hash',
  ]);
  expect(refused()).toEqual({ 'wire/hash': 1, 'wire/malformed': 1 });
  expect(coordinator.taken).toEqual([]);
  // Refused for good: offered again it is answered again, and asked for no more.
  await say('offer', { blob: honest.blob, size: honest.size, count: honest.count });
  await until(() => acks.length === 3);
  expect(await open()).toEqual([]);
});

test('too large, too many, and more than the disk may hold', async () => {
  await reopen({ limits: { maxBlobBytes: 1_000_000, maxOpenPerDevice: 2, maxTotalBytes: 1_500_000 } });
  const { say, acks, wants } = await hostile();
  const offer = (seed: string, size: number) =>
    say('offer', { blob: sha256(seed), size, count: Math.ceil(size / 49_152) });
  await offer('huge', 1_000_001);
  await until(() => acks.length === 1);
  expect(acks[0]).toMatchObject({ accepted: false, reason: 'wire/oversized' });
  for (const seed of ['a', 'b', 'c']) await offer(seed, 100_000);
  await until(() => wants.length === 3);
  expect((await open()).map(({ hash }) => toHex(hash))).toEqual(['b', 'c'].map(seed => sha256Hex(seed)));
  await offer('d', 900_000);
  await until(() => wants.length === 4);
  await offer('e', 700_000);
  await until(() => refused()['io/full'] === 1);
  expect((await open()).map(({ size }) => size)).toEqual([900_000]);
});

test('what no round waits for any more makes room', async () => {
  let over = false;
  await reopen({
    limits: { maxTotalBytes: 1_000_000 },
    admit: async ({ round }) => {
      if (over && round === 1) throw new SkeinError('wire/replay', 'That round is over.');
    },
  });
  const { say, wants } = await hostile();
  await say('offer', { blob: sha256('old'), size: 900_000, count: 19 }, 1);
  await until(() => wants.length === 1);
  over = true;
  await say('offer', { blob: sha256('new'), size: 900_000, count: 19 }, 2);
  await until(() => wants.length === 2);
  expect((await open()).map(({ round }) => round)).toEqual([2]);
});

test('an offer with another cut starts over; chunks of the old cut are refused', async () => {
  const { say, wants } = await hostile();
  const update = someUpdate(1, 30_000);
  const [whole, half] = [splitBlob(update), splitBlob(update, 24_000)];
  await say('offer', { blob: sha256(update), size: update.length, count: whole.length });
  await until(() => wants.length === 1);
  await say('chunk', whole[0] as Chunk);
  await say('offer', { blob: sha256(update), size: update.length, count: half.length });
  await until(() => wants.length === 2);
  await say('chunk', whole[1] as Chunk);
  await until(() => refused()['wire/replay'] === 1);
  for (const chunk of half) await say('chunk', chunk);
  await until(() => coordinator.taken.length === 1);
});

test('more chunks asked for at once than the window has', async () => {
  const name = await coordinator.files.put(someUpdate(1, 3_000_000));
  const { say, chunks } = await hostile();
  const indexes = Array.from({ length: 245 }, (_, i) => i);
  for (let i = 0; i < 5; i++) await say('want', { blob: fromHex(name), indexes });
  await until(() => refused()['wire/oversized'] !== undefined && chunks.length >= 245);
  expect(Object.keys(refused())).toEqual(['wire/oversized']);
});
