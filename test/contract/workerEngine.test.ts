// The model worker with the real engine on a tiny model: the same answers and the same training, whatever interrupts it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adapterHash } from '../../federation/learning/index.js';
import { type ModelWorker, startModelWorker, type TrainRequest } from '../../platform/worker/index.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

const labels = ['north', 'south', 'east'];
const request: TrainRequest = {
  prompt: { template: '<|im_start|>Where is {text}?\nSide:', labels, maxTokens: 64 },
  shape: { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v'] },
  plan: {
    localEpochs: 4,
    batchSize: 4,
    learningRate: 0.02,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 64,
    arithmetic: 'fast',
  },
  records: Array.from({ length: 24 }, (_, i) => ({ text: `house ${i}`, label: labels[i % 3] as string })),
  seed: 5,
  start: null,
  adapterSeed: 9,
};

let folder: string;
let modelFile: string;
const workers: ModelWorker[] = [];

function start(): ModelWorker {
  const worker = startModelWorker({ modelFile, arithmetic: 'fast', threads: 1, idleMs: 0 });
  workers.push(worker);
  return worker;
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'skein-engine-worker-'));
  modelFile = await writeTinyModel(folder);
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map(worker => worker.stop()));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the model worker with the engine', () => {
  it('learns what it is taught, and swaps adapters without a restart', async () => {
    const worker = start();
    const { prompt, records } = request;
    const before = await worker.evaluate({ prompt, records, adapter: null });
    const { adapter, lastLoss, steps } = await worker.train({
      ...request,
      plan: { ...request.plan, localEpochs: 12 },
      records: records.filter(record => record.label === 'south'),
    });
    expect(steps).toBe(24);
    expect(lastLoss).toBeLessThan(1);
    const pid = worker.pid;
    const after = await worker.evaluate({ prompt, records, adapter });
    expect(new Set(after.predictions)).toEqual(new Set(['south']));
    expect(await worker.evaluate({ prompt, records, adapter: null })).toEqual(before);
    const free = { ...prompt, labels: [] };
    expect((await worker.answer({ prompt: free, text: 'house 3', adapter })).text).toBe('south');
    expect(worker.pid).toBe(pid);
  });

  it('trains bit by bit the same when it answers meanwhile, is killed, and goes on elsewhere', async () => {
    const quiet = await start().train(request);
    expect(quiet.steps).toBe(24);

    const busy = start();
    let ended = false;
    const training = busy.train(request).finally(() => {
      ended = true;
    });
    let answers = 0;
    while (!ended) {
      await busy.answer({ prompt: request.prompt, text: 'house 7', adapter: null });
      answers += 1;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(answers).toBeGreaterThan(0);
    expect(adapterHash((await training).adapter)).toBe(adapterHash(quiet.adapter));

    const dying = start();
    const checkpointFile = path.join(folder, 'training.ckpt');
    const kills = [3, 8, 17];
    const killed = await dying.train({
      ...request,
      checkpointFile,
      onProgress: ({ step }) => {
        if (step !== kills[0]) return;
        kills.shift();
        process.kill(dying.pid as number, 'SIGKILL');
      },
    });
    expect(kills).toEqual([]);
    expect(killed).toEqual(quiet);
  });

  it('starts from an adapter as from one of its own', async () => {
    const worker = start();
    const first = await worker.train(request);
    const second = await worker.train({ ...request, start: first.adapter, seed: 6 });
    expect(adapterHash(second.adapter)).not.toBe(adapterHash(first.adapter));
    const again = await start().train({ ...request, start: first.adapter, seed: 6 });
    expect(adapterHash(again.adapter)).toBe(adapterHash(second.adapter));
    const ffa = await worker.train({ ...request, shape: { ...request.shape, mode: 'ffa' } });
    const a = (tensors: typeof ffa.adapter.tensors) =>
      tensors.filter(tensor => tensor.name.includes('lora_A'));
    const untouched = await worker.train({
      ...request,
      shape: { ...request.shape, mode: 'ffa' },
      plan: { ...request.plan, learningRate: 1e-9 },
    });
    expect(a(ffa.adapter.tensors)).toEqual(a(untouched.adapter.tensors));
  });
});
