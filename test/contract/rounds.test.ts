// Rounds over a real database: a whole task to its signed releases, killed after every journal entry, and odd devices.
import { verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../coordinator/tasks/tasks.js';
import { toHex } from '../../core/bytes.js';
import { aggregate } from '../../federation/aggregate/aggregate.js';
import type { Assignment, RoundClosed } from '../../proto/messages.js';
import { decodeUpdate } from '../../proto/update.js';
import {
  encodedUpdate,
  ManualClock,
  presence,
  releaseKey,
  root,
  Stand,
  task,
  temporaryFolder,
} from './roundsFixture.js';

const devices = ['pi-1', 'pi-2', 'pi-3'];
let folder: string;
let remove: () => Promise<void>;
let clock: ManualClock;
const open: Stand[] = [];

beforeEach(async () => {
  ({ folder, remove } = await temporaryFolder());
  clock = new ManualClock();
});
afterEach(async () => {
  for (const stand of open.splice(0)) await stand.stop();
  await remove();
});

async function stand(epoch = 1): Promise<Stand> {
  const one = await Stand.open(folder, clock, epoch);
  open.push(one);
  return one;
}

/** Devices that answer every assignment, and try again as long as they are not told that it counts. */
function learn(stand: Stand): void {
  stand.onSent = ({ device, kind, message }) => {
    if (kind !== 'assignment') return;
    const assignment = message as Assignment;
    const { nonce } = assignment;
    const round = stand.rounds.rounds().at(-1)!.number;
    const context = { task: assignment.task.id, round };
    stand.rounds
      .reply(device, context, { nonce, accepted: true, reason: '' }, 1)
      .then(() => stand.deliver(device, assignment, round))
      .catch(() => undefined);
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2));
}

const results = (stand: Stand): unknown =>
  stand.rounds.rounds().map(({ task, number, state }) => ({ task, number, ...state }));

async function undisturbed(of: Task): Promise<{ results: unknown; events: number }> {
  const one = await stand();
  let events = 0;
  one.rounds.events.on('journaled', () => events++);
  learn(one);
  await one.start();
  for (const device of devices) await one.birth(device);
  await one.rounds.submit(of, root);
  await until(() => one.rounds.task(of.id).state !== 'running');
  expect(one.rounds.task(of.id).state).toBe('done');
  const all = results(one);
  await one.stop();
  open.splice(0);
  return { results: all, events };
}

describe.each<[string, Task]>([
  ['lora', task],
  ['ffa', { ...task, adapter: { ...task.adapter, mode: 'ffa' } }],
])('a task in %s mode', (_, of) => {
  it('ends with releases that verify, each round from the release before', async () => {
    const one = await stand();
    learn(one);
    await one.start();
    await one.rounds.submit(of, root);
    for (const device of devices) await one.birth(device);
    await until(() => one.rounds.task(of.id).state === 'done');
    const [first, second] = one.rounds.rounds(of.id);
    const [newest, older] = await one.releases.list();
    expect([older!.hash, newest!.hash]).toEqual([first!.state.release, second!.state.release]);
    expect([older!.state, newest!.state]).toEqual(['retired', 'live']);
    expect(newest!.content).toMatchObject({
      parent: older!.hash,
      rootAccuracy: 0.5,
      fleet: 'hospital',
    });
    expect(newest!.content.serial).toBeGreaterThan(older!.content.serial);
    expect(first!.state.plan!.startRelease).toBe('');
    expect(second!.state.plan!.startRelease).toBe(older!.hash);
    for (const { manifest, signature } of [newest!, older!]) {
      expect(verify(null, manifest, releaseKey, signature)).toBe(true);
    }

    const assignments = one.sent.filter(({ kind }) => kind === 'assignment').slice(0, 3);
    const expected = aggregate(
      of.aggregation,
      assignments.map(({ device, message }) => ({
        device,
        ...decodeUpdate(encodedUpdate(message as Assignment)),
      })),
    );
    expect(first!.state.aggregate).toBe(expected.hash);
    const adapter = await one.work.adapter(older!.content.files);
    expect(adapter.tensors.map(({ name }) => name)).toEqual([
      'model.layers.0.self_attn.q_proj.lora_A.weight',
      'model.layers.0.self_attn.q_proj.lora_B.weight',
    ]);
    expect(adapter.tensors.at(-1)!.values).toEqual(expected.tensors.at(-1)!.values);
    await until(() => one.sent.filter(({ kind }) => kind === 'closed').length === 6);
    expect(one.sent.filter(({ kind }) => kind === 'release')).toHaveLength(6);
    await one.rounds.stop();
    expect(await one.blobs.list(':updates')).toEqual([]);
    expect(await one.blobs.list(':files')).toHaveLength(3);
  });

  it('ends the same when it is killed after any journal entry', async () => {
    const quiet = await undisturbed(of);
    await remove();
    expect(quiet.events).toBe(2 * (1 + 3 + 3 + 3));
    for (let position = 1; position <= quiet.events; position++) {
      ({ folder, remove } = await temporaryFolder());
      clock = new ManualClock();
      const before = await stand();
      let seen = 0;
      const killed = new Promise<void>(resolve => {
        before.rounds.events.on('journaled', () => {
          if (++seen === position) resolve(before.stop());
        });
      });
      learn(before);
      await before.start();
      const ignore = (): undefined => undefined;
      for (const device of devices) await before.birth(device).catch(ignore);
      await before.rounds.submit(of, root).catch(ignore);
      await killed;
      open.splice(0);

      const after = await stand(2);
      learn(after);
      await after.start();
      for (const device of devices) await after.birth(device);
      await until(() => after.rounds.task(of.id).state !== 'running');
      expect(results(after), `killed after entry ${position}`).toEqual(quiet.results);
      expect((await after.releases.list()).map(({ state }) => state)).toEqual(['live', 'retired']);
      await after.stop();
      open.splice(0);
      await remove();
    }
  });
});

describe('rounds', () => {
  async function opened(of: Task = task): Promise<{ one: Stand; assignments: Map<string, Assignment> }> {
    const one = await stand();
    const assignments = new Map<string, Assignment>();
    one.onSent = ({ device, kind, message }) => {
      if (kind === 'assignment') assignments.set(device, message as Assignment);
    };
    await one.start();
    for (const device of devices) await one.birth(device);
    await one.rounds.submit(of, root);
    return { one, assignments };
  }

  it('wait for the goal, and take no device that has another model', async () => {
    const one = await stand();
    await one.start();
    await one.rounds.submit(task, root);
    await one.fleet.update('pi-9', { ...presence, baseModels: [] });
    await one.rounds.online('pi-9');
    await one.birth('pi-1');
    await one.birth('pi-2');
    expect(one.rounds.rounds()).toEqual([]);
    await one.birth('pi-3');
    expect(one.rounds.rounds()[0]!.state.plan!.cohort).toEqual(devices);
  });

  it('give every device seeds of its own and one seed for A, also when asked again', async () => {
    const { one, assignments } = await opened();
    const all = [...assignments.values()];
    expect(new Set(all.map(({ seed }) => seed)).size).toBe(3);
    expect(new Set(all.map(({ nonce }) => toHex(nonce))).size).toBe(3);
    expect(new Set(all.map(({ task }) => task.adapterSeed))).toEqual(new Set([task.seed]));
    const before = assignments.get('pi-2');
    assignments.clear();
    await one.birth('pi-2');
    expect(assignments.get('pi-2')).toEqual(before);
  });

  it('count an exact duplicate once, refuse an altered one and one of another round', async () => {
    const { one, assignments } = await opened();
    const mine = assignments.get('pi-1')!;
    expect(await one.deliver('pi-1', mine, 1)).toBe('applied');
    expect(await one.deliver('pi-1', mine, 1)).toBe('known');
    expect(await one.deliver('pi-1', mine, 1, encodedUpdate(mine, { values: 1 }))).toBe('wire/replay');
    expect(await one.deliver('pi-1', mine, 2)).toBe('wire/replay');
    expect(await one.deliver('stranger', mine, 1)).toBe('wire/foreign');
    expect(
      Object.values(one.rounds.rounds()[0]!.state.devices).filter(({ update }) => update !== null),
    ).toHaveLength(1);
  });

  it('refuse an update with another device’s nonce and do not wait for that device', async () => {
    const { one, assignments } = await opened();
    expect(await one.deliver('pi-1', assignments.get('pi-2')!, 1)).toBe('round/invalid-update');
    expect(await one.deliver('pi-2', assignments.get('pi-2')!, 1)).toBe('applied');
    expect(await one.deliver('pi-3', assignments.get('pi-3')!, 1)).toBe('applied');
    await until(() => one.rounds.rounds()[0]!.state.phase === 'released');
    expect(one.rounds.rounds()[0]!.state.devices['pi-1']).toEqual({
      answer: 'declined',
      reason: 'round/invalid-update',
      answered: 0,
      update: null,
    });
  });

  it('keep the newest answer where an older one comes again, also after a restart', async () => {
    const { one, assignments } = await opened();
    const { nonce } = assignments.get('pi-1')!;
    const answer = (stand: Stand, accepted: boolean, sequence: number): Promise<string> => {
      const reply = { nonce, accepted, reason: accepted ? '' : 'egress/budget' };
      return stand.rounds.reply('pi-1', { task: task.id, round: 1 }, reply, sequence);
    };
    expect(await answer(one, false, 10)).toBe('applied');
    expect(await answer(one, true, 20)).toBe('applied');
    expect(await answer(one, false, 10)).toBe('known');
    await one.stop();
    open.splice(0);
    const two = await stand(2);
    await two.start();
    expect(await answer(two, false, 10)).toBe('known');
    expect(two.rounds.rounds()[0]!.state.devices['pi-1']).toMatchObject({ answer: 'accepted', answered: 20 });
  });

  it('close at the deadline with the minimum, before and after a restart', async () => {
    const { one, assignments } = await opened();
    await one.deliver('pi-1', assignments.get('pi-1')!, 1);
    await one.deliver('pi-2', assignments.get('pi-2')!, 1);
    await one.stop();
    open.splice(0);
    clock.advance(task.roundTimeoutMs);
    const two = await stand(2);
    await two.start();
    clock.advance(0);
    await until(() => two.rounds.rounds()[0]!.state.phase === 'released');
    expect(two.rounds.rounds()[0]!.state.devices['pi-3']!.update).toBeNull();
  });

  it('fail below the minimum and say why; the task fails with them and devices are told', async () => {
    const { one, assignments } = await opened();
    await one.deliver('pi-1', assignments.get('pi-1')!, 1);
    clock.advance(task.roundTimeoutMs);
    await until(() => one.rounds.task('notes').state === 'failed');
    expect(one.rounds.task('notes').reason).toBe('1 of at least 2 updates had come when the round closed');
    await until(() => one.sent.filter(({ kind }) => kind === 'closed').length === 3);
    const closed = one.sent.find(({ kind }) => kind === 'closed')!.message as RoundClosed;
    expect(closed).toEqual({ outcome: 'failed', release: '' });
    expect(await one.releases.list()).toEqual([]);
  });

  it('go on without a device that is revoked, and drop its update', async () => {
    const { one, assignments } = await opened();
    await one.deliver('pi-1', assignments.get('pi-1')!, 1);
    await one.rounds.revoked('pi-1');
    await one.deliver('pi-2', assignments.get('pi-2')!, 1);
    await one.deliver('pi-3', assignments.get('pi-3')!, 1);
    await until(() => one.rounds.rounds()[0]!.state.phase === 'released');
    const expected = aggregate(
      task.aggregation,
      ['pi-2', 'pi-3'].map(device => ({ device, ...decodeUpdate(encodedUpdate(assignments.get(device)!)) })),
    );
    expect(one.rounds.rounds()[0]!.state.aggregate).toBe(expected.hash);
  });

  it('cancel, know a repeated submission, and refuse another of that name or beside a running one', async () => {
    const { one } = await opened();
    expect((await one.rounds.submit(task, root)).state).toBe('running');
    const refusal = expect.objectContaining({ code: 'task/invalid' });
    await expect(one.rounds.submit({ ...task, goal: 1, minimum: 1 }, root)).rejects.toEqual(refusal);
    await expect(one.rounds.submit(task, [])).rejects.toEqual(refusal);
    await expect(one.rounds.submit({ ...task, id: 'other' }, root)).rejects.toEqual(refusal);
    expect((await one.rounds.cancel('notes')).state).toBe('cancelled');
    expect(one.rounds.rounds()[0]!.state.phase).toBe('cancelled');
    expect((await one.rounds.submit({ ...task, id: 'other' }, root)).state).toBe('running');
    await expect(one.rounds.cancel('none')).rejects.toEqual(
      expect.objectContaining({ code: 'task/not-found' }),
    );
  });
});
