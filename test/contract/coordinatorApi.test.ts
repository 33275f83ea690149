// The whole coordinator in this process: real TLS, broker, SQLite and HTTP; scripted devices speak the wire's own messages.
import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrol } from '../../agent/identity/enrol.js';
import type { Identity } from '../../agent/identity/identityFolder.js';
import { coordinatorSchema, loadCoordinatorConfig } from '../../coordinator/config.js';
import { type RunningCoordinator, startCoordinator } from '../../coordinator/coordinator.js';
import { readBaseModel } from '../../coordinator/evaluation/baseModel.js';
import { initFleet } from '../../coordinator/identity/fleetFolder.js';
import { sha256Hex, systemClock, systemRandom, toHex } from '../../core/index.js';
import { updateTensors } from '../../federation/update/shape.js';
import { silentLog } from '../../platform/log.js';
import type { ModelWorker } from '../../platform/worker/types.js';
import type { DeviceView, ReleaseView, RoundView, StatusView, TaskView, TryView } from '../../proto/api.js';
import { decodeMessage, encodeMessage, openEnvelope, seal, splitBlob } from '../../proto/codec.js';
import { parseManifest } from '../../proto/manifest.js';
import type { Assignment, KindMessages } from '../../proto/messages.js';
import { deviceFilters, type Kind, upTopic } from '../../proto/topics.js';
import { encodeUpdate } from '../../proto/update.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

let folder: string;
let modelFile: string;
let sha256: string;
let coordinator: RunningCoordinator;
const clients: MqttClient[] = [];
const rootText = 'the monitor of bed three has gone silent again';
let evaluated = 0;
const worker = {
  evaluate: async () => {
    evaluated++;
    return { count: 1, accuracy: 0.75, exact: 0.5, predictions: [] };
  },
  answer: async ({ adapter }: { adapter: unknown }) => ({
    text: adapter === null ? 'base' : 'live',
    tokens: 1,
    ms: 1,
  }),
  stop: async () => undefined,
} as unknown as ModelWorker;

async function start(): Promise<void> {
  const parsed = await loadCoordinatorConfig({ fleet: folder, model: modelFile });
  const local = { host: '127.0.0.1', port: 0 };
  coordinator = await startCoordinator(
    {
      ...parsed,
      mqtt: local,
      enroll: local,
      http: { ...local, names: [] },
      tapFile: path.join(folder, 'tap.bin'),
    },
    { clock: systemClock, random: systemRandom, log: silentLog, worker },
  );
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skein-coordinator-'));
  await initFleet(folder, {
    fleet: 'hospital',
    hosts: ['127.0.0.1'],
    clock: systemClock,
    random: systemRandom,
  });
  modelFile = await writeTinyModel(folder);
  ({ sha256 } = await readBaseModel(modelFile));
  await start();
});
afterAll(async () => {
  for (const client of clients) await client.endAsync(true);
  await coordinator.stop();
  await rm(folder, { recursive: true, force: true });
});

async function call<T>(route: string, body?: object, status = 200): Promise<T> {
  const answer = await fetch(`${coordinator.addresses.operatorUrl}/api/${route}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${coordinator.operatorToken}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answer.status, route).toBe(status);
  return (await answer.json()) as T;
}

async function until<T>(ask: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (done(value)) return value;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** A device that answers every assignment with an update of its own, chunk by chunk as it is asked. */
class ScriptedDevice {
  readonly identity: Identity;
  readonly got: { readonly kind: Kind; readonly message: unknown }[] = [];
  readonly #blobs = new Map<string, Uint8Array>();
  /** What no acknowledgement has come for: offered again at every connection. */
  readonly #outbox = new Map<string, () => Promise<void>>();
  #client: MqttClient | undefined;
  #sequence = Date.now() * 1000;
  silent = false;

  private constructor(identity: Identity) {
    this.identity = identity;
  }

  static async enrolled(id: string): Promise<ScriptedDevice> {
    const { token } = await call<{ token: string }>('devices', { id });
    const home = await mkdtemp(path.join(folder, `${id}-`));
    return new ScriptedDevice(await enrol(home, token));
  }

  async connect(port = coordinator.addresses.mqtt.port): Promise<void> {
    const { fleet, device, ca, certificate, key } = this.identity;
    const epoch = Date.now();
    const will = seal(
      { fleet, device, kind: 'presence', sequence: 1 },
      encodeMessage('presence', this.#presence(epoch, false)),
    );
    this.#client = await mqtt.connectAsync({
      protocol: 'mqtts',
      host: '127.0.0.1',
      port,
      clientId: device,
      ca,
      cert: certificate,
      key,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      will: { topic: upTopic(fleet, device, 'presence'), payload: Buffer.from(will), qos: 1, retain: false },
    });
    clients.push(this.#client);
    this.#client.on('error', () => undefined);
    this.#client.on('message', (_, bytes) => void this.#receive(new Uint8Array(bytes)));
    await this.#client.subscribeAsync([...deviceFilters(fleet, device)], { qos: 1 });
    await this.send('presence', '', 0, this.#presence(epoch, true));
    for (const offer of this.#outbox.values()) await offer();
  }

  get connected(): boolean {
    return this.#client?.connected === true;
  }

  async send<K extends Kind>(kind: K, task: string, round: number, message: KindMessages[K]): Promise<void> {
    const { fleet, device } = this.identity;
    const sequence = ++this.#sequence;
    const envelope = seal({ fleet, device, task, round, kind, sequence }, encodeMessage(kind, message));
    await this.#client!.publishAsync(upTopic(fleet, device, kind), Buffer.from(envelope), { qos: 1 });
  }

  #presence(epoch: number, online: boolean): KindMessages['presence'] {
    return {
      epoch,
      online,
      agentVersion: '0.1.0',
      profile: 'test',
      threads: 2,
      memoryBytes: 1,
      bytesLeftToday: 1,
      baseModels: [sha256],
      release: '',
    };
  }

  async #receive(bytes: Uint8Array): Promise<void> {
    const { kind, task, round, payload } = openEnvelope(bytes, 1 << 20);
    const message = decodeMessage(kind, payload);
    this.got.push({ kind, message });
    if (kind === 'ack') this.#outbox.delete(toHex((message as KindMessages['ack']).hash));
    if (this.silent) return;
    if (kind === 'assignment') await this.#learn(message as Assignment, round);
    if (kind === 'want') {
      const { blob, indexes } = message as KindMessages['want'];
      const chunks = splitBlob(this.#blobs.get(toHex(blob))!);
      for (const index of indexes) await this.send('chunk', task, round, chunks[index]!);
    }
  }

  async #learn({ task, nonce, startRelease, seed }: Assignment, round: number): Promise<void> {
    await this.send('reply', task.id, round, { nonce, accepted: true, reason: '' });
    await this.send('progress', task.id, round, { phase: 'training', step: 1, steps: 2, reason: '' });
    const shapes = updateTensors(
      task.adapter.mode,
      (await readBaseModel(modelFile)).adapterTensors(task.adapter),
    );
    const tensors = shapes.map(({ name, shape }) => ({
      name,
      shape,
      values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
        Math.sin((seed % 997) + i),
      ),
    }));
    const bytes = encodeUpdate({ nonce, startRelease, examples: 5, tensors });
    const chunks = splitBlob(bytes);
    const { blob, size, count } = chunks[0]!;
    this.#blobs.set(toHex(blob), bytes);
    const offer = () => this.send('offer', task.id, round, { blob, size, count });
    this.#outbox.set(toHex(blob), offer);
    await offer();
  }
}

const submission = {
  id: 'ward-notes',
  template: 'Note: {text}\nTeam:',
  labels: ['cardiology', 'surgery'],
  adapter: { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v'] },
  plan: {
    localEpochs: 1,
    batchSize: 4,
    learningRate: 0.003,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 128,
    arithmetic: 'fast',
  },
  aggregation: 'mean',
  rounds: 1,
  goal: 2,
  roundTimeoutMs: 60_000,
  seed: 3,
  root: [{ text: rootText, label: 'cardiology' }],
};

describe('a coordinator', () => {
  const devices: ScriptedDevice[] = [];

  it('enrols devices and sees them online', async () => {
    for (const id of ['ward-1', 'ward-2']) devices.push(await ScriptedDevice.enrolled(id));
    for (const device of devices) await device.connect();
    const list = () => call<{ devices: DeviceView[] }>('devices');
    const { devices: views } = await until(list, ({ devices }) => devices.every(({ online }) => online));
    expect(views.map(({ id, profile }) => [id, profile])).toEqual([
      ['ward-1', 'test'],
      ['ward-2', 'test'],
    ]);
    expect(views.every(({ bytesUp, bytesDown }) => bytesUp > 0 && bytesDown > 0)).toBe(true);
    await call('devices', { id: 'ward-1' }, 409);
  });

  it('refuses tasks that are malformed, unsound or for another model', async () => {
    const refusal = async (change: object, status: number) =>
      (await call<{ error: { code: string } }>('tasks', { ...submission, ...change }, status)).error.code;
    expect(await refusal({ rounds: 0 }, 400)).toBe('task/invalid');
    expect(await refusal({ minimum: 3 }, 422)).toBe('task/unsound');
    expect(await refusal({ baseModel: 'ab'.repeat(32) }, 409)).toBe('model/mismatch');
    expect(await call('rounds')).toEqual({ rounds: [] });
  });

  it('runs a round, killed in its middle, to a signed release that its devices are told of', async () => {
    // One device is silent, so that the round stays open over a restart.
    devices[1]!.silent = true;
    await call<TaskView>('tasks', submission);
    const rounds = () => call<{ rounds: RoundView[] }>('rounds?task=ward-notes');
    await until(rounds, ({ rounds }) => rounds[0]?.devices[0]?.phase === 'counted');
    await coordinator.stop();
    await expect(stat(path.join(folder, 'coordinator.json'))).rejects.toThrow();
    await start();
    const [open] = (await rounds()).rounds;
    expect(open).toMatchObject({
      state: 'open',
      devices: [{ device: 'ward-1', phase: 'counted' }, { device: 'ward-2' }],
    });
    devices[1]!.silent = false;
    for (const device of devices) await device.connect();
    const { rounds: done } = await until(rounds, ({ rounds }) => rounds[0]!.closedMs !== null);
    expect(done).toHaveLength(1);
    expect(done[0]).toMatchObject({ state: 'released', accuracy: 0.75 });
    expect(evaluated).toBe(1);
    expect((await call<{ tasks: TaskView[] }>('tasks')).tasks).toMatchObject([
      { state: 'done', roundsDone: 1 },
    ]);

    const { releases } = await call<{ releases: ReleaseView[] }>('releases');
    expect(releases).toMatchObject([
      { hash: done[0]!.release, state: 'live', aggregate: done[0]!.aggregate },
    ]);
    for (const device of devices) {
      await until(
        async () => device.got,
        got => ['closed', 'ack'].every(wanted => got.some(({ kind }) => kind === wanted)),
      );
      const release = device.got.find(({ kind }) => kind === 'release')!.message as KindMessages['release'];
      expect(verify(null, release.manifest, device.identity.releaseKey, release.signature)).toBe(true);
      expect(sha256Hex(release.manifest)).toBe(done[0]!.release);
      const ack = device.got.find(({ kind }) => kind === 'ack')!.message;
      expect(ack).toMatchObject({ kind: 'update', accepted: true });
    }
  });

  it('exports a release whose files are what its signed manifest says', async () => {
    const { releases } = await call<{ releases: ReleaseView[] }>('releases');
    const file = async (name: string): Promise<Uint8Array> => {
      const address = `${coordinator.addresses.operatorUrl}/api/releases/${releases[0]!.hash}/files/${name}`;
      const answer = await fetch(address, {
        headers: { authorization: `Bearer ${coordinator.operatorToken}` },
      });
      return new Uint8Array(await answer.arrayBuffer());
    };
    const manifest = await file('manifest.json');
    const publicKey = createPublicKey(await readFile(path.join(folder, 'identity', 'release.pub')));
    expect(verify(null, manifest, publicKey, await file('manifest.sig'))).toBe(true);
    const { files } = parseManifest(manifest);
    expect(files.map(({ name }) => name)).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    for (const { name, size, sha256 } of files) {
      const bytes = await file(name);
      expect([bytes.length, sha256Hex(bytes)]).toEqual([size, sha256]);
    }
    await call(`releases/${releases[0]!.hash}/files/..%2f..%2fidentity%2fca.key`, undefined, 404);
  });

  it('tries base against live, and goes back to the base with a higher serial', async () => {
    const tried = await call<TryView>('try', { text: 'bed 3' });
    expect(tried).toMatchObject({
      prompt: 'Note: bed 3\nTeam:',
      base: { text: 'base' },
      live: { text: 'live' },
    });
    for (const device of devices) device.got.length = 0;
    const [before] = (await call<{ releases: ReleaseView[] }>('releases')).releases;
    const back = await call<ReleaseView>('releases/base/rollback', {});
    expect(back).toMatchObject({ state: 'live', bytes: 0 });
    expect(back.serial).toBeGreaterThan(before!.serial);
    expect((await call<TryView>('try', { text: 'bed 3' })).live).toBeNull();
    const { releases } = await call<{ releases: ReleaseView[] }>('releases');
    expect(releases.map(({ state }) => state)).toEqual(['live', 'rolled-back']);
    for (const device of devices) {
      await until(
        async () => device.got,
        got => got.some(({ kind }) => kind === 'release'),
      );
      const { manifest } = device.got.find(({ kind }) => kind === 'release')!
        .message as KindMessages['release'];
      expect(parseManifest(manifest)).toMatchObject({ serial: back.serial, files: [], aggregate: '' });
    }
  });

  it('cuts a device that is revoked, and goes on', async () => {
    expect(await call<DeviceView>('devices/ward-2/revoke', {})).toMatchObject({ online: false });
    await until(
      async () => devices[1]!.connected,
      connected => !connected,
    );
    await expect(devices[1]!.connect()).rejects.toThrow();
    const status = await call<StatusView>('status');
    expect(status.devices).toEqual({ enrolled: 1, online: 1, revoked: 1 });
    expect(status.refused['identity/revoked']).toBeGreaterThan(0);
    expect(status.privacy).toContain('not yet protected against reconstruction');
    await call('devices/nobody/revoke', {}, 404);
  });

  it('lets no second coordinator run on its folder, and none on a busy port', async () => {
    const config = await loadCoordinatorConfig({ fleet: folder, model: modelFile });
    const around = { clock: systemClock, random: systemRandom, log: silentLog, worker };
    await expect(startCoordinator(config, around)).rejects.toMatchObject({ code: 'io/locked' });
    const { operatorUrl } = coordinator.addresses;
    const other = await mkdtemp(path.join(folder, 'other-'));
    await initFleet(other, {
      fleet: 'other',
      hosts: ['127.0.0.1'],
      clock: systemClock,
      random: systemRandom,
    });
    const local = { host: '127.0.0.1', port: 0 };
    const busy = { ...local, port: Number(new URL(operatorUrl).port), names: [] };
    const clash = { ...config, dataFolder: other, mqtt: local, enroll: local, http: busy };
    await expect(startCoordinator(clash, around)).rejects.toMatchObject({ code: 'net/port-busy' });
    // What had started before the clash is stopped again: the folder is free.
    const free = await startCoordinator({ ...clash, http: { ...local, names: [] } }, around);
    await free.stop();
  });

  it('has sensible defaults for a file that says nothing', () => {
    expect(coordinatorSchema.parse({})).toMatchObject({
      version: 1,
      http: { host: '127.0.0.1', port: 8080, names: [] },
    });
  });
});
