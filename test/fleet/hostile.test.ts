// A raw client does its worst while a round goes on: everything is refused, counted and logged by code, and the round still ends.

import net from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadIdentity } from '../../agent/identity/identityFolder.js';
import { encodeMessage, seal } from '../../proto/codec.js';
import { upTopic } from '../../proto/topics.js';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';

const records = privateRecords(['ada', 'bo'], 24);
let fleet: TestFleet;
let refused: Readonly<Record<string, number>>;

beforeAll(async () => {
  const foreign = await foreignPapers();
  fleet = await TestFleet.create({
    devices: records.devices,
    root: records.root,
    plan: { localEpochs: 50, batchSize: 4, maxTokens: 64, learningRate: 0.005 },
  });
  for (const device of ['mallory', 'gone']) await fleet.enroll(device);
  await fleet.skein('device', 'revoke', 'gone');
  fleet.startAgents();
  await fleet.submitTask();
  await fleet.until('both devices train', async () => {
    const devices = (await fleet.rounds())[0]?.devices ?? [];
    return devices.filter(device => device.phase === 'training').length === 2;
  });
  // The round stays open until this device is back.
  await fleet.program('bo').kill();
  await attack(foreign);
  expect((await fleet.rounds())[0]?.state).toBe('open');
  fleet.startAgent('bo');
  refused = await counted();
}, 300_000);

afterAll(() => fleet?.destroy());

const mqttAt = () => fleet.addresses().mqtt;

/** Opens a connection, sends bytes, and waits until the other side has ended it. */
function throwAt(connect: () => net.Socket, bytes: Uint8Array): Promise<void> {
  return new Promise(resolve => {
    const socket = connect();
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', () => socket.write(bytes));
    socket.setTimeout(20_000, () => socket.destroy());
  });
}

interface Papers {
  readonly certificate: string;
  readonly key: string;
}

const secured = (papers: Papers | undefined): TLSSocket =>
  tls.connect({
    ...mqttAt(),
    rejectUnauthorized: false,
    ...(papers !== undefined && { cert: papers.certificate, key: papers.key }),
  });

async function client(papers: Papers, clientId: string): Promise<MqttClient> {
  const { host, port } = mqttAt();
  const options = { cert: papers.certificate, key: papers.key, rejectUnauthorized: false, clientId };
  const connection = mqtt.connect(`mqtts://${host}:${port}`, { ...options, clean: true, reconnectPeriod: 0 });
  connection.on('error', () => undefined);
  await new Promise<void>(resolve => {
    connection.once('connect', () => resolve());
    connection.once('close', () => resolve());
  });
  return connection;
}

const ended = (connection: MqttClient): Promise<void> =>
  new Promise(resolve => {
    if (connection.disconnected) resolve();
    connection.once('close', () => resolve());
    setTimeout(resolve, 3_000);
  });

/** A certificate of another fleet's authority, for a device that exists here. */
async function foreignPapers(): Promise<Papers> {
  const other = await TestFleet.create({ devices: {}, root: [] });
  await other.enroll('ada');
  try {
    return await loadIdentity(other.data('ada'));
  } finally {
    await other.destroy();
  }
}

async function attack(foreign: Papers): Promise<void> {
  const mallory = await loadIdentity(fleet.data('mallory'));
  const gone = await loadIdentity(fleet.data('gone'));
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 197 + 31) % 256));

  // Whoever is not a device of this fleet, and a device that speaks no MQTT.
  await throwAt(() => net.connect(mqttAt()), noise);
  for (const papers of [undefined, foreign, mallory]) await throwAt(() => secured(papers), noise);
  // A packet that announces 256 MB: refused at its header.
  await throwAt(() => secured(mallory), Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));

  // A device that was revoked, one under another's name, and one on another's topic.
  await ended(await client(gone, 'gone'));
  await ended(await client(mallory, 'ada'));
  const trespasser = await client(mallory, 'mallory');
  trespasser.publish(upTopic('test', 'ada', 'progress'), 'x', { qos: 1 });
  await ended(trespasser);

  // And one whose envelopes are garbage, in another's name, altered, or said before with other content.
  const own = await client(mallory, 'mallory');
  const offer = (device: string, sequence: number, fill: number): Buffer =>
    Buffer.from(
      seal(
        { fleet: 'test', device, task: 'task', round: 1, kind: 'offer', sequence },
        encodeMessage('offer', { blob: new Uint8Array(32).fill(fill), size: 1000, count: 1 }),
      ),
    );
  const altered = offer('mallory', 1, 7);
  altered[altered.length - 1]! ^= 1;
  const sequence = 1_000_000;
  for (const said of [
    noise.subarray(0, 500),
    offer('ada', 2, 7),
    altered,
    offer('mallory', sequence, 7),
    offer('mallory', sequence, 8),
    offer('mallory', 3, 7),
  ]) {
    own.publish(upTopic('test', 'mallory', 'offer'), said, { qos: 1 });
  }
  await fleet.until('the last of it is counted', async () => ((await counted())['wire/replay'] ?? 0) >= 2);
  await own.endAsync();
}

const counted = async () => (await fleet.status()).refused;

describe('a hostile client', () => {
  test.each([
    ['no certificate', 'identity/missing'],
    ["another authority's certificate", 'identity/invalid'],
    ['a revoked certificate', 'identity/revoked'],
    ['noise in place of TLS, of MQTT, of an envelope', 'wire/malformed'],
    ['a packet larger than any of ours', 'wire/oversized'],
    ["another device's name", 'wire/foreign'],
    ["another device's topic", 'wire/topic'],
    ['an altered envelope', 'wire/hash'],
    ['a sequence used before', 'wire/replay'],
  ])('with %s is refused, counted and logged as %s', (_, code) => {
    expect(refused[code]).toBeGreaterThan(0);
    expect(fleet.program('coordinator').log).toContain(`"code":"${code}"`);
  });

  test('brings nothing down: the round ends with the updates of its devices', async () => {
    expect(fleet.program('coordinator').alive).toBe(true);
    const [round] = await fleet.taskDone();
    expect(round?.state).toBe('released');
    expect(round?.devices.filter(device => device.phase === 'counted').map(device => device.device)).toEqual([
      'ada',
      'bo',
    ]);
  });
});
