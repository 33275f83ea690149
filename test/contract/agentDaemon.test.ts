// The whole agent against a real broker: from an assignment to an update, from a release to an answer, also offline.

import { randomUUID, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, startAgent } from '../../agent/agent.js';
import { loadAgentConfig } from '../../agent/config.js';
import { ControlClient, controlSocket } from '../../agent/http/controlClient.js';
import { enrol } from '../../agent/identity/enrol.js';
import { openWorkbench } from '../../agent/workbench.js';
import { sha256Hex } from '../../core/bytes.js';
import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import { encodePeft } from '../../model/formats/peft.js';
import { fileSha256 } from '../../platform/files.js';
import { silentLog } from '../../platform/log.js';
import { canonicalJson, decodeUpdate, releaseHash } from '../../proto/codec.js';
import type { Assignment, NamedTensor, Presence, Progress, ReleaseManifest } from '../../proto/messages.js';
import { writeTinyModel } from '../helpers/tinyModel.js';
import {
  type Coordinator,
  invite,
  newFleetFolder,
  openCoordinator,
  temporaryFolder,
  until,
} from '../helpers/wire.js';

const sides = ['north', 'south', 'east'];
const records = Array.from({ length: 30 }, (_, i) => ({ text: `house ${i}`, label: sides[i % 3] as string }));

let coordinator: Coordinator;
let modelFile: string;
const agents: Agent[] = [];

/** Enrolled, with records, not started. */
async function newDevice(name: string): Promise<string> {
  const data = await temporaryFolder(name);
  await enrol(data, await invite(coordinator, name, coordinator.port));
  const bench = await openWorkbench(await loadAgentConfig({ data }), systemClock);
  await bench.records.add(records);
  await bench.close();
  return data;
}

async function start(data: string): Promise<Agent> {
  const config = await loadAgentConfig({ data, model: modelFile });
  const agent = await startAgent({
    config,
    modelFile,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  agents.push(agent);
  return agent;
}

async function assignment(startRelease = ''): Promise<Assignment> {
  return {
    task: {
      id: 'houses',
      baseModel: await fileSha256(modelFile),
      template: 'Where is {text}?\nSide:',
      labels: sides,
      adapter: { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v'] },
      plan: {
        localEpochs: 4,
        batchSize: 4,
        learningRate: 0.02,
        weightDecay: 0,
        clipNorm: 1,
        maxTokens: 64,
        arithmetic: 'fast',
      },
      aggregation: 'mean',
      adapterSeed: 3,
    },
    startRelease,
    seed: 11,
    deadlineMs: Date.now() + 600_000,
    nonce: new Uint8Array(16).fill(9),
  };
}

async function publish(
  serial: number,
  tensors: readonly NamedTensor[],
  startOf: Assignment,
): Promise<string> {
  const { task } = startOf;
  const folder: Record<string, Uint8Array> = encodePeft({ shape: task.adapter, tensors }, 'tiny');
  const files: { name: string; size: number; sha256: string }[] = [];
  for (const [name, content] of Object.entries(folder)) {
    files.push({ name, size: content.length, sha256: await coordinator.files.put(content) });
  }
  const manifest = canonicalJson({
    version: 1,
    fleet: coordinator.identity.fleet,
    task: task.id,
    round: serial,
    serial,
    baseModel: task.baseModel,
    parent: '',
    template: task.template,
    labels: task.labels,
    adapter: task.adapter,
    aggregate: '',
    files,
    rootAccuracy: null,
    createdMs: 1,
  } satisfies ReleaseManifest);
  const signature = new Uint8Array(sign(null, manifest, coordinator.identity.releaseKey));
  await coordinator.post.broadcast('release', { task: task.id, round: serial }, { manifest, signature });
  return releaseHash(manifest);
}

const heard = <T>(device: string, kind: string): T[] =>
  coordinator.heard.filter(one => one.device === device && one.kind === kind).map(one => one.message as T);
const online = (device: string): Promise<void> =>
  until(() => heard<Presence>(device, 'presence').some(presence => presence.online));
const reached = (device: string, phase: Progress['phase']) => (): boolean =>
  heard<Progress>(device, 'progress').some(progress => progress.phase === phase);

beforeEach(async () => {
  coordinator = await openCoordinator(await newFleetFolder());
  modelFile = await writeTinyModel(await temporaryFolder('model'));
});

afterEach(async () => {
  await Promise.all(agents.splice(0).map(agent => agent.stop()));
  await coordinator.stop();
});

describe('the agent', () => {
  it('learns, sends one update, and answers with the release that comes back, offline too', async () => {
    const data = await newDevice('d1');
    const agent = await start(data);
    await online('d1');
    const content = await assignment();
    await coordinator.post.send('d1', 'assignment', { task: 'houses', round: 1 }, content);
    await coordinator.post.send('d1', 'assignment', { task: 'houses', round: 1 }, content);
    await until(reached('d1', 'done'));
    expect(coordinator.taken.length).toBe(1);
    const update = decodeUpdate(coordinator.taken[0]?.bytes as Uint8Array);
    const client = new ControlClient(controlSocket(data));
    const status = await client.call('status', {});
    expect(status).toMatchObject({
      running: true,
      online: true,
      device: 'd1',
      assignment: { state: 'done' },
    });
    expect(update.examples).toBe(status.records.training);
    expect(update.tensors.length).toBe(8);

    const question = { text: 'house 4' };
    expect((await client.call('answer', question)).release).toBe('');
    const hash = await publish(1, update.tensors, content);
    await until(() => heard<Presence>('d1', 'presence').some(presence => presence.release === hash));
    const answer = await client.call('answer', question);
    expect(answer.release).toBe(hash);
    expect(sides).toContain(answer.text);
    const live = await client.call('evaluate', { adapter: 'live', records });
    expect(live.release).toBe(hash);

    await agent.stop();
    await coordinator.broker.stop();
    await start(data);
    expect(await client.call('answer', question)).toMatchObject({ text: answer.text, release: hash });
    expect(await client.call('evaluate', { adapter: 'live', records })).toEqual(live);
    expect((await client.call('status', {})).online).toBe(false);
  });

  it('goes on where it was stopped, and sends what an undisturbed device sends', async () => {
    await start(await newDevice('calm'));
    const data = await newDevice('torn');
    let agent = await start(data);
    await online('torn');
    await online('calm');
    const content = await assignment();
    for (const name of ['calm', 'torn']) {
      await coordinator.post.send(name, 'assignment', { task: 'houses', round: 1 }, content);
    }
    for (const step of [1, 8]) {
      await until(() =>
        heard<Progress>('torn', 'progress').some(one => one.phase === 'training' && one.step >= step),
      );
      await agent.stop();
      agent = await start(data);
    }
    await until(() => coordinator.taken.length === 2);
    const [a, b] = coordinator.taken;
    expect(sha256Hex(a?.bytes as Uint8Array)).toBe(sha256Hex(b?.bytes as Uint8Array));
  });

  it('starts from the release that an assignment names, even where it comes later', async () => {
    await start(await newDevice('d1'));
    await online('d1');
    const first = await assignment();
    await coordinator.post.send('d1', 'assignment', { task: 'houses', round: 1 }, first);
    await until(() => coordinator.taken.length === 1);
    const { tensors } = decodeUpdate(coordinator.taken[0]?.bytes as Uint8Array);
    const hash = await publish(1, tensors, first);
    const second = { ...first, startRelease: hash, nonce: new Uint8Array(16).fill(10) };
    await coordinator.post.send('d1', 'assignment', { task: 'houses', round: 2 }, second);
    await until(() => coordinator.taken.length === 2);
    const update = decodeUpdate(coordinator.taken[1]?.bytes as Uint8Array);
    expect(update.startRelease).toBe(hash);
    expect(update.tensors).not.toEqual(tensors);
  });

  it('says why it declines, and what it was sent that it cannot use', async () => {
    const data = await newDevice('d1');
    await start(data);
    await online('d1');
    const content = await assignment();
    const foreign = { ...content, task: { ...content.task, baseModel: sha256Hex(randomUUID()) } };
    await coordinator.post.send('d1', 'assignment', { task: 'houses', round: 1 }, foreign);
    await until(() => heard('d1', 'reply').length === 1);
    expect(heard('d1', 'reply')[0]).toMatchObject({ accepted: false, reason: 'model/mismatch' });
    expect((await new ControlClient(controlSocket(data)).call('status', {})).assignment).toBeNull();
    await expect(start(data)).rejects.toMatchObject({ code: 'io/locked' });
  });
});
