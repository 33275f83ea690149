// The broker against everything but its own devices: refused, counted by code, and alive afterwards.

import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Identity } from '../../agent/identity/identityFolder.js';
import { encodeMessage, seal } from '../../proto/codec.js';
import type { Presence } from '../../proto/messages.js';
import { deviceFilters, downTopic, type Kind, upTopic } from '../../proto/topics.js';
import {
  aboutDevice,
  type Coordinator,
  connectedDevice,
  type Device,
  enrolled,
  newFleetFolder,
  openCoordinator,
  openGate,
  until,
} from '../helpers/wire.js';

let coordinator: Coordinator;
let clients: MqttClient[];
let sockets: TLSSocket[];
let devices: Device[];
beforeEach(async () => {
  coordinator = await openCoordinator(await newFleetFolder());
  [clients, sockets, devices] = [[], [], []];
});
afterEach(async () => {
  for (const client of clients) await client.endAsync(true);
  for (const socket of sockets) socket.destroy();
  for (const device of devices) await device.stop();
  await coordinator.stop();
});

interface Raw {
  readonly client: MqttClient;
  readonly closed: Promise<void>;
  /** Codes of CONNACK or of the connection, as they came. */
  readonly errors: (string | number | undefined)[];
}

/** A client of another make, with any certificate. */
function raw(identity: Partial<Identity>, options: IClientOptions = {}): Raw {
  const client = mqtt.connect({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: coordinator.port,
    ca: coordinator.identity.caCertificate,
    ...(identity.certificate && { cert: identity.certificate }),
    ...(identity.key && { key: identity.key }),
    clientId: identity.device ?? 'somebody',
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  });
  clients.push(client);
  const errors: Raw['errors'] = [];
  client.on('error', (error: Error & { code?: string | number }) => errors.push(error.code));
  return { client, errors, closed: new Promise(resolve => client.once('close', () => resolve())) };
}

const connected = async (identity: Partial<Identity>, options?: IClientOptions): Promise<Raw> => {
  const one = raw(identity, options);
  await new Promise(resolve => one.client.once('connect', resolve));
  return one;
};

/** Decrypted bytes by hand. */
async function tls(identity: Identity): Promise<{ socket: TLSSocket; closed: Promise<void> }> {
  const { certificate: cert, key, ca } = identity;
  const socket = connectTls({ host: '127.0.0.1', port: coordinator.port, cert, key, ca });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  await new Promise(resolve => socket.once('secureConnect', resolve));
  return { socket, closed };
}

const refused = () => coordinator.counters.all('refused');
const presence = (epoch: number, online = true): Presence => ({
  ...aboutDevice,
  bytesLeftToday: 0,
  epoch,
  online,
});
let sequence = 0;
const envelope = (device: string, kind: Kind, payload: Uint8Array, head: object = {}): Buffer => {
  sequence += 1;
  return Buffer.from(seal({ fleet: 'test', device, kind, sequence, ...head }, payload));
};
const progress = (step: number): Uint8Array =>
  encodeMessage('progress', { phase: 'training', step, steps: 99, reason: '' });

test('without a certificate, and with one of another fleet', async () => {
  const nobody = raw({});
  await nobody.closed;
  const other = await openGate(await newFleetFolder());
  const foreign = await enrolled(other, 'd1');
  await other.stop();
  await enrolled(coordinator, 'd1');
  const stranger = raw(foreign);
  await stranger.closed;
  await until(() => Object.keys(refused()).length === 2);
  expect(refused()).toEqual({ 'identity/missing': 1, 'identity/invalid': 1 });
  expect(coordinator.broker.connected()).toEqual([]);
});

test('a revoked device is cut at once, refused at connect, and also after a restart', async () => {
  const identity = await enrolled(coordinator, 'd1');
  const live = await connected(identity);
  await coordinator.devices.revoke('d1');
  await live.closed;
  expect(coordinator.broker.connected()).toEqual([]);
  const again = raw(identity);
  await again.closed;
  expect(again.errors).toContain(5);
  expect(refused()).toEqual({ 'identity/revoked': 1 });
  const { folder } = coordinator;
  await coordinator.stop();
  coordinator = await openCoordinator(folder);
  const later = raw(identity);
  await later.closed;
  expect(later.errors).toContain(5);
  expect(refused()).toEqual({ 'identity/revoked': 2 });
});

test('the client id is the name in the certificate', async () => {
  await enrolled(coordinator, 'd2');
  const liar = raw(await enrolled(coordinator, 'd1'), { clientId: 'd2' });
  await liar.closed;
  expect(liar.errors).toContain(2);
  expect(refused()).toEqual({ 'wire/foreign': 1 });
});

test.each<[string, string, object]>([
  ["another device's topic", upTopic('test', 'd2', 'progress'), {}],
  ['its own downward topic', downTopic('test', 'd1', 'closed'), {}],
  ['another fleet', upTopic('other', 'd1', 'progress'), {}],
  ["the broker's own topics", '$SYS/x/new/clients', {}],
  ['a kind that is none', 'skein/1/test/d/d1/up/gossip', {}],
  ['a retained message', upTopic('test', 'd1', 'progress'), { retain: true }],
])('publishing to %s ends the connection', async (_, topic, options) => {
  const one = await connected(await enrolled(coordinator, 'd1'));
  one.client.publish(topic, envelope('d1', 'progress', progress(1)), { qos: 1, ...options });
  await one.closed;
  expect(refused()).toEqual({ 'wire/topic': 1 });
  expect(coordinator.heard).toEqual([]);
});

test('reading is allowed below its own topic and for the whole fleet, nowhere else', async () => {
  const { client } = await connected(await enrolled(coordinator, 'd1'));
  const wishes = [
    '#',
    '+/#',
    'skein/1/test/d/+/down/+',
    'skein/1/test/d/d2/down/+',
    upTopic('test', 'd1', 'offer'),
    '$SYS/#',
  ];
  const granted = await client
    .subscribeAsync([...wishes, ...deviceFilters('test', 'd1'), downTopic('test', 'd1', 'ack')], { qos: 1 })
    .catch(error => error);
  // mqtt.js reports a refusal among the wishes as an error; what counts is what arrives.
  expect(String(granted)).toMatch(/Unspecified error|128|object/);
  expect(refused()).toEqual({ 'wire/topic': wishes.length });
  const seen: string[] = [];
  client.on('message', topic => seen.push(topic));
  await coordinator.broker.publish(downTopic('test', 'd2', 'closed'), new Uint8Array(1), 1);
  await coordinator.broker.publish(downTopic('test', 'd1', 'closed'), new Uint8Array(1), 1);
  await until(() => seen.length > 0);
  expect(seen).toEqual([downTopic('test', 'd1', 'closed')]);
});

test('a last will has to keep to the same rules', async () => {
  const identity = await enrolled(coordinator, 'd1');
  const will = {
    topic: upTopic('test', 'd2', 'presence'),
    payload: Buffer.from('x'),
    qos: 1 as const,
    retain: false,
  };
  await raw(identity, { will }).closed;
  await raw(identity, { will: { ...will, topic: upTopic('test', 'd1', 'presence'), retain: true } }).closed;
  expect(refused()).toEqual({ 'wire/topic': 2 });
});

test('sessions that the broker would have to remember are refused', async () => {
  await raw(await enrolled(coordinator, 'd1'), { clean: false }).closed;
  expect(refused()).toEqual({ 'wire/malformed': 1 });
});

test('garbage, with TLS and without', async () => {
  const plain = connectTcp({ host: '127.0.0.1', port: coordinator.port });
  plain.on('error', () => undefined);
  plain.end('GET / HTTP/1.1\r\n\r\n').resume();
  await new Promise(resolve => plain.once('close', resolve));
  const identity = await enrolled(coordinator, 'd1');
  for (const bytes of [
    Buffer.from([0, 0, 0]),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(100_000, 255),
    Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x01]),
  ]) {
    const { socket, closed } = await tls(identity);
    socket.write(bytes);
    await closed;
  }
  // A CONNECT that is none, of the right length.
  const { socket, closed } = await tls(identity);
  socket.write(Buffer.concat([Buffer.from([0x10, 20]), Buffer.alloc(20, 7)]));
  await closed;
  await until(() => (refused()['wire/malformed'] ?? 0) >= 6);
  expect(Object.keys(refused())).toEqual(['wire/malformed']);
  devices.push(await connectedDevice(coordinator, 'd2'));
});

test('an oversized packet is refused at its header, before its content', async () => {
  const identity = await enrolled(coordinator, 'd1');
  const one = await connected(identity);
  // 256 MB are announced and none of them is sent.
  (one.client.stream as TLSSocket).write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]));
  await one.closed;
  expect(refused()).toEqual({ 'wire/oversized': 1 });
  const two = await connected(identity);
  two.client.publish(upTopic('test', 'd1', 'chunk'), Buffer.alloc(200_000), { qos: 1 });
  await two.closed;
  // Within the packet limit, but more than this kind may have.
  const three = await connected(identity);
  three.client.publish(upTopic('test', 'd1', 'progress'), Buffer.alloc(5_000), { qos: 0 });
  await three.closed;
  expect(refused()).toEqual({ 'wire/oversized': 3 });
});

test('QoS 2 is not part of the contract', async () => {
  const one = await connected(await enrolled(coordinator, 'd1'));
  one.client.publish(upTopic('test', 'd1', 'progress'), envelope('d1', 'progress', progress(1)), { qos: 2 });
  await one.closed;
  expect(refused()).toEqual({ 'wire/malformed': 1 });
});

test('altered, foreign and replayed envelopes are dropped by their codes; the connection lives', async () => {
  const { client } = await connected(await enrolled(coordinator, 'd1'));
  const say = (bytes: Buffer, kind: Kind = 'progress') =>
    client.publishAsync(upTopic('test', 'd1', kind), bytes, { qos: 1 });
  const good = envelope('d1', 'progress', progress(1));
  const used = sequence;
  await say(good);
  await say(good);
  await until(() => coordinator.heard.length === 2);
  expect(refused()).toEqual({});

  const flipped = Buffer.from(good);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  await say(flipped);
  await say(envelope('d2', 'progress', progress(2)));
  await say(envelope('d1', 'progress', progress(2), { fleet: 'other' }));
  await say(
    envelope('d1', 'reply', encodeMessage('reply', { nonce: new Uint8Array(8), accepted: true, reason: '' })),
  );
  await say(Buffer.from('not an envelope'));
  await say(envelope('d1', 'progress', Uint8Array.of(8, 99)));
  // Another message under a sequence that was used, and one from long before.
  await say(envelope('d1', 'progress', progress(3), { sequence: used }));
  await say(envelope('d1', 'progress', progress(4), { sequence: sequence + 10_000 }));
  await say(envelope('d1', 'progress', progress(5), { sequence: 1 }));
  sequence += 10_000;
  await until(() => Object.values(refused()).reduce((a, b) => a + b, 0) === 8);
  expect(refused()).toEqual({ 'wire/foreign': 3, 'wire/hash': 1, 'wire/malformed': 2, 'wire/replay': 2 });
  expect(coordinator.heard.map(({ message }) => (message as { step: number }).step)).toEqual([1, 1, 4]);
});

test('a replay over a new connection, and after a restart of the coordinator, is refused too', async () => {
  const identity = await enrolled(coordinator, 'd1');
  const old = envelope('d1', 'progress', progress(1));
  const first = await connected(identity);
  await first.client.publishAsync(upTopic('test', 'd1', 'progress'), old, { qos: 1 });
  await until(() => coordinator.heard.length === 1);
  await first.client.endAsync();
  await until(() => coordinator.broker.connected().length === 0);
  const second = await connected(identity);
  await second.client.publishAsync(upTopic('test', 'd1', 'progress'), old, { qos: 1 });
  await until(() => refused()['wire/replay'] === 1);
  const { folder } = coordinator;
  await coordinator.stop();
  coordinator = await openCoordinator(folder);
  const third = await connected(identity);
  await third.client.publishAsync(upTopic('test', 'd1', 'progress'), old, { qos: 1 });
  await until(() => refused()['wire/replay'] === 2);
  expect(coordinator.heard).toEqual([]);
});

test('presence goes by its session: a late will changes nothing, an old birth is a replay', async () => {
  const { client } = await connected(await enrolled(coordinator, 'd1'));
  const say = (value: Presence) =>
    client.publishAsync(
      upTopic('test', 'd1', 'presence'),
      envelope('d1', 'presence', encodeMessage('presence', value)),
      { qos: 1 },
    );
  for (const value of [
    presence(10),
    presence(10),
    presence(20),
    presence(10, false),
    presence(20, false),
    presence(20),
    presence(10),
    presence(21),
  ])
    await say(value);
  await until(() => coordinator.heard.length === 5);
  expect(
    coordinator.heard.map(({ message }) => `${(message as Presence).epoch} ${(message as Presence).online}`),
  ).toEqual(['10 true', '10 true', '20 true', '20 false', '21 true']);
  expect(refused()).toEqual({ 'wire/replay': 2 });
});

test('a second connection of a device takes over from the first', async () => {
  const identity = await enrolled(coordinator, 'd1');
  const first = await connected(identity);
  const second = await connected(identity);
  await first.closed;
  expect(second.client.connected).toBe(true);
  expect(coordinator.broker.connected()).toEqual(['d1']);
});

test('the tap sees every byte of both servers after decryption', async () => {
  const { folder } = coordinator;
  await coordinator.stop();
  const seen = { mqtt: { up: 0, down: 0 }, https: { up: 0, down: 0 } };
  const up: Buffer[] = [];
  coordinator = await openCoordinator(folder, {
    onBytes(direction, bytes, { listener }) {
      seen[listener][direction] += bytes.length;
      if (direction === 'up') up.push(Buffer.from(bytes));
    },
  });
  const identity = await enrolled(coordinator, 'd1', coordinator.port);
  const { client } = await connected(identity);
  // Sent on purpose, in a message that is refused: it is seen all the same.
  await client.publishAsync(upTopic('test', 'd1', 'progress'), Buffer.from('canary-7f3a'), { qos: 1 });
  await until(() => refused()['wire/malformed'] === 1);
  expect(Buffer.concat(up).includes('canary-7f3a')).toBe(true);
  expect(Buffer.concat(up).includes('POST /enroll')).toBe(true);
  expect(Buffer.concat(up).includes('PRIVATE KEY')).toBe(false);
  expect(seen.mqtt.up).toBe(coordinator.counters.value('up', 'd1'));
  expect(seen.mqtt.down).toBe(coordinator.counters.value('down', 'd1'));
  expect(seen.https.down).toBeGreaterThan(500);
});

test('refusals are logged with their code, and nothing of their content', async () => {
  const { pino } = await import('pino');
  const { folder } = coordinator;
  await coordinator.stop();
  const lines: string[] = [];
  coordinator = await openCoordinator(folder, {
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
  });
  const { client } = await connected(await enrolled(coordinator, 'd1'));
  await client.publishAsync(upTopic('test', 'd1', 'progress'), Buffer.from('the patient in bed seven'), {
    qos: 1,
  });
  await until(() => lines.some(line => line.includes('"refused"')));
  const line = JSON.parse(lines.find(line => line.includes('"refused"')) ?? '');
  expect(line).toMatchObject({
    code: 'wire/malformed',
    device: 'd1',
    topic: upTopic('test', 'd1', 'progress'),
  });
  expect(lines.join('')).not.toContain('patient');
});
