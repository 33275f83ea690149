// Learning on the device over a real database: whatever comes twice, late or in the middle, one offer gives one update.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Learning, type LearningOptions, type LearningOutlet } from '../../agent/learning/learning.js';
import { Records } from '../../agent/records/records.js';
import { agentMigrations } from '../../agent/store/migrations.js';
import { sha256, toHex } from '../../core/bytes.js';
import { systemClock } from '../../core/clock.js';
import { SkeinError } from '../../core/errors.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { silentLog } from '../../platform/log.js';
import type { ModelWorker } from '../../platform/worker/types.js';
import { decodeUpdate } from '../../proto/codec.js';
import type { AdapterMode, Assignment } from '../../proto/messages.js';
import { fakeModel } from '../helpers/fakeModel.js';
import { inlineWorker } from '../helpers/inlineWorker.js';

const baseModel = 'ab'.repeat(32);
const assignment = (change: Partial<Assignment> = {}, mode: AdapterMode = 'lora'): Assignment => ({
  task: {
    id: 'notes',
    baseModel,
    template: 'Note: {text}\nLine:',
    labels: [],
    adapter: { mode, rank: 2, alpha: 4, targets: ['q', 'v'] },
    plan: {
      localEpochs: 2,
      batchSize: 4,
      learningRate: 0.01,
      weightDecay: 0,
      clipNorm: 1,
      maxTokens: 64,
      arithmetic: 'fast',
    },
    aggregation: 'mean',
    adapterSeed: 9,
  },
  startRelease: '',
  seed: 5,
  deadlineMs: Date.now() + 600_000,
  nonce: new Uint8Array(16).fill(7),
  ...change,
});

/** Remembers what would have gone out. */
class Outlet implements LearningOutlet {
  readonly log: string[] = [];
  readonly updates: Uint8Array[] = [];
  refuse: SkeinError | undefined;

  async reply(
    _task: string,
    round: number,
    { accepted, reason }: { accepted: boolean; reason: string },
  ): Promise<void> {
    this.log.push(`${round} ${accepted ? 'accepted' : `declined ${reason}`}`);
  }

  async progress(
    _task: string,
    round: number,
    { phase, reason }: { phase: string; reason: string },
  ): Promise<void> {
    const text = `${round} ${phase}${reason === '' ? '' : ` ${reason}`}`;
    if (this.log.at(-1) !== text) this.log.push(text);
  }

  async queueUpdate(_tx: unknown, _task: string, _round: number, update: Uint8Array): Promise<Uint8Array> {
    if (this.refuse !== undefined) throw this.refuse;
    this.updates.push(update);
    return sha256(update);
  }

  async send(): Promise<void> {
    this.log.push('send');
  }

  async isQueued(blob: Uint8Array): Promise<boolean> {
    return this.updates.some(update => toHex(sha256(update)) === toHex(blob));
  }

  async drop(_task: string, round: number): Promise<void> {
    this.log.push(`${round} dropped`);
  }
}

let folder: string;
let database: Database;
let records: Records;
let outlet: Outlet;
const running: Learning[] = [];

function learn(change: Partial<LearningOptions> = {}): Learning {
  const learning = new Learning({
    database,
    records,
    worker: inlineWorker(fakeModel({ ticks: 2 })),
    outlet,
    adapterOf: async () => null,
    situation: async () => ({
      acceptTasks: true,
      minRecords: 1,
      arithmetic: 'fast',
      baseModel,
      bytesLeftToday: 1e9,
    }),
    folder,
    clock: systemClock,
    log: silentLog,
    ...change,
  });
  running.push(learning);
  return learning;
}

const offer = (learning: Learning, round: number, content: Assignment): Promise<void> =>
  learning.offered('notes', round, content);

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise(resolve => setTimeout(resolve, 2));
}

const state = async (learning: Learning): Promise<string | undefined> => (await learning.latest())?.state;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'skein-learning-'));
  database = await openDatabase(path.join(folder, 'agent.db'), agentMigrations);
  records = new Records(database, systemClock);
  await records.add(Array.from({ length: 30 }, (_, i) => ({ text: `note ${i}`, label: `team ${i % 3}` })));
  outlet = new Outlet();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(learning => learning.stop()));
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('learning', () => {
  it('goes from an offer to one acknowledged update', async () => {
    const learning = learn();
    await offer(learning, 1, assignment());
    await until(async () => (await state(learning)) === 'trained');
    const update = decodeUpdate(outlet.updates[0] as Uint8Array);
    expect(update.nonce).toEqual(assignment().nonce);
    expect(update.examples).toBe((await records.counts()).training);
    expect(update.tensors.map(tensor => tensor.name.slice(-13))).toEqual(['lora_A.weight', 'lora_B.weight']);
    await learning.acknowledged(sha256(outlet.updates[0] as Uint8Array), '');
    expect(await state(learning)).toBe('done');
    expect(outlet.log).toEqual(['1 accepted', '1 fetching', '1 training', '1 sending', 'send', '1 done']);
  });

  it('answers the same offer again and trains it once, and again where the coordinator has lost the update', async () => {
    const learning = learn();
    await offer(learning, 1, assignment());
    await offer(learning, 1, assignment());
    await until(async () => (await state(learning)) === 'trained');
    await offer(learning, 1, assignment());
    await learning.acknowledged(sha256(outlet.updates[0] as Uint8Array), '');
    await learning.acknowledged(sha256(outlet.updates[0] as Uint8Array), '');
    expect(await state(learning)).toBe('done');
    expect(outlet.updates.length).toBe(1);
    expect(outlet.log.filter(text => text === '1 accepted').length).toBe(3);
    expect(outlet.log.filter(text => text === '1 done').length).toBe(1);
    await offer(learning, 1, assignment());
    await until(async () => (await state(learning)) === 'trained');
    await learning.stop();
    expect(outlet.updates[1]).toEqual(outlet.updates[0]);
    expect(outlet.log.filter(text => text === '1 accepted').length).toBe(4);
    expect(outlet.log.some(text => text.includes('declined'))).toBe(false);
  });

  it('sends B alone in FFA mode', async () => {
    const learning = learn();
    await offer(learning, 1, assignment({}, 'ffa'));
    await until(() => outlet.updates.length === 1);
    const { tensors } = decodeUpdate(outlet.updates[0] as Uint8Array);
    expect(tensors.map(tensor => tensor.name.slice(-13))).toEqual(['lora_B.weight']);
  });

  it('goes on after a restart to the same update', async () => {
    const whole = learn();
    await offer(whole, 1, assignment());
    await until(() => outlet.updates.length === 1);
    const first = learn();
    let steps = 0;
    const inner = inlineWorker(fakeModel({ ticks: 2 }));
    const dying = learn({
      worker: {
        ...inner,
        train: request =>
          inner.train({
            ...request,
            onProgress: () => {
              steps += 1;
              if (steps === 3) void dying.stop();
            },
          }),
      },
    });
    await first.stop();
    await offer(dying, 2, assignment());
    await until(() => steps >= 3);
    await dying.stop();
    expect(await state(dying)).toBe('accepted');
    expect(outlet.updates.length).toBe(1);
    await learn().start();
    await until(() => outlet.updates.length === 2);
    expect(toHex(sha256(outlet.updates[1] as Uint8Array))).toBe(
      toHex(sha256(outlet.updates[0] as Uint8Array)),
    );
  });

  it('is done after a restart where the outbox has nothing of it any more', async () => {
    const learning = learn();
    await offer(learning, 1, assignment());
    await until(async () => (await state(learning)) === 'trained');
    await learning.stop();
    await learn().start();
    expect(await state(learning)).toBe('trained');
    outlet.updates.length = 0;
    await learn().start();
    expect(await state(learning)).toBe('done');
  });

  it('stops when the round is closed, and sends nothing of it', async () => {
    const learning = learn({ worker: inlineWorker(fakeModel({ ticks: 1_000 })) });
    await offer(learning, 1, assignment());
    await until(() => outlet.log.includes('1 fetching'));
    await learning.closed('notes', 1, { outcome: 'cancelled', release: '' });
    await learning.stop();
    expect(await state(learning)).toBe('closed');
    expect(outlet.updates).toEqual([]);
    expect(outlet.log).not.toContain('1 failed cancelled');
    await offer(learning, 1, assignment());
    expect(outlet.log.at(-1)).toBe('1 declined wire/replay');
  });

  it('sends nothing where the round was closed between training and hand-over', async () => {
    const inner = inlineWorker(fakeModel());
    let closing: Promise<void> | undefined;
    const worker: ModelWorker = {
      ...inner,
      async train(request) {
        const result = await inner.train(request);
        closing = learning.closed('notes', 1, { outcome: 'released', release: '' });
        return result;
      },
    };
    const learning = learn({ worker });
    await offer(learning, 1, assignment());
    await until(() => closing !== undefined);
    await closing;
    await learning.stop();
    expect(await state(learning)).toBe('closed');
    expect(outlet.log).not.toContain('send');
  });

  it('takes a new offer in place of the one it works on', async () => {
    const learning = learn({ worker: inlineWorker(fakeModel({ ticks: 5 })) });
    await offer(learning, 1, assignment());
    await until(() => outlet.log.includes('1 training'));
    const other = assignment({ nonce: new Uint8Array(16).fill(8), seed: 6 });
    await offer(learning, 1, other);
    await until(() => outlet.updates.length === 1);
    expect(decodeUpdate(outlet.updates[0] as Uint8Array).nonce).toEqual(other.nonce);
  });

  it('declines by its own policy and remembers nothing of it', async () => {
    const learning = learn();
    await offer(learning, 1, assignment({ deadlineMs: 1 }));
    await records.forget({ all: true });
    await offer(learning, 2, assignment());
    expect(outlet.log).toEqual(['1 declined wire/replay', '2 declined record/none']);
    expect(await learning.latest()).toBeUndefined();
  });

  it.each([
    ['egress/budget', () => ({ refuse: new SkeinError('egress/budget', 'Spent.') }), {}],
    ['net/timeout', () => ({}), { deadlineMs: 300 }],
    ['template/invalid', () => ({}), { template: true }],
  ] as const)('ends with %s where it cannot go on', async (code, outletChange, change) => {
    Object.assign(outlet, outletChange());
    const learning = learn({
      worker: inlineWorker(fakeModel({ ticks: code === 'net/timeout' ? 1_000 : 1 })),
    });
    const content = assignment('deadlineMs' in change ? { deadlineMs: Date.now() + change.deadlineMs } : {});
    const unusable = 'template' in change;
    await offer(
      learning,
      1,
      unusable ? { ...content, task: { ...content.task, template: `{text}${'x'.repeat(99)}` } } : content,
    );
    await until(async () => (await state(learning)) === 'failed');
    expect((await learning.latest())?.reason).toBe(unusable ? 'record/none' : code);
    await offer(learning, 1, content);
    expect(outlet.log.at(-1)).toBe(`1 declined ${unusable ? 'record/none' : code}`);
    expect(outlet.updates).toEqual([]);
  });
});
