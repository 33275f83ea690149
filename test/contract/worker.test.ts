// The model worker as a process: lazily started, shared, interrupted, killed, and never different in what it computes.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adapterHash } from '../../federation/learning/localTraining.js';
import { type ModelWorker, startModelWorker, type TrainRequest } from '../../platform/worker/index.js';
import type { FakeOptions } from '../helpers/fakeModel.js';

const entry = new URL('../helpers/fakeWorker.ts', import.meta.url);
const prompt = { template: 'Note: {text}\nLine:', labels: [], maxTokens: 100 };
const free = { template: '{text}', labels: [], maxTokens: 100 };
const request: TrainRequest = {
  prompt,
  shape: { mode: 'lora', rank: 2, alpha: 4, targets: ['q', 'v'] },
  plan: {
    localEpochs: 3,
    batchSize: 4,
    learningRate: 0.01,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 100,
    arithmetic: 'fast',
  },
  records: Array.from({ length: 32 }, (_, i) => ({ text: `note ${i}`, label: `team ${i % 3}` })),
  seed: 5,
  start: null,
  adapterSeed: 9,
};

let folder: string;
const workers: ModelWorker[] = [];

function start(fake: FakeOptions | string, idleMs = 0): ModelWorker {
  const modelFile = path.join(folder, 'fake-model');
  writeFileSync(modelFile, typeof fake === 'string' ? fake : JSON.stringify(fake));
  const worker = startModelWorker({ modelFile, arithmetic: 'fast', threads: 1, idleMs, nice: 1 }, entry);
  workers.push(worker);
  return worker;
}

const gone = async (pid: number): Promise<void> => {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'skein-worker-'));
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map(worker => worker.stop()));
  rmSync(folder, { recursive: true, force: true });
});

describe('the model worker', () => {
  it('starts with the first request, keeps adapters, and ends when idle', async () => {
    const worker = start({}, 50);
    expect(worker.pid).toBeUndefined();
    expect((await worker.answer({ prompt: free, text: 'abc', adapter: null })).text).toBe('cba');
    const pid = worker.pid as number;
    expect(pid).toBeGreaterThan(0);
    const { adapter } = await worker.train(request);
    expect(adapter.tensors[0]?.values).toBeInstanceOf(Float32Array);
    for (let i = 0; i < 8; i++) {
      expect((await worker.answer({ prompt: free, text: 'abc', adapter: { ...adapter } })).text).toBe('CBA');
    }
    await gone(pid);
    expect(worker.pid).toBeUndefined();
    const records = [{ text: 'xy', label: 'yx' }];
    expect((await worker.evaluate({ prompt: free, records, adapter: null })).accuracy).toBe(1);
    expect(worker.pid).not.toBe(pid);
  });

  it('answers while it trains, and trains the same', async () => {
    const quiet = await start({}).train(request);
    const worker = start({ ticks: 4, ms: 2 });
    let ended = false;
    let answers = 0;
    const training = worker.train(request).finally(() => {
      ended = true;
    });
    for (let i = 0; i < 5; i++) {
      await worker.answer({ prompt: free, text: 'abc', adapter: null });
      if (!ended) answers += 1;
    }
    expect(answers).toBe(5);
    expect(await training).toEqual(quiet);
  });

  it('may be killed again and again: training goes on from its checkpoint to the same adapter', async () => {
    const quiet = await start({}).train(request);
    const worker = start({ ticks: 2, ms: 1 });
    const checkpointFile = path.join(folder, 'training.ckpt');
    const killAt = [7, 13, 19];
    const steps: number[] = [];
    const trained = await worker.train({
      ...request,
      checkpointFile,
      onProgress: ({ step }) => {
        steps.push(step);
        if (step !== killAt[0]) return;
        killAt.shift();
        process.kill(worker.pid as number, 'SIGKILL');
      },
    });
    expect(killAt).toEqual([]);
    expect(adapterHash(trained.adapter)).toBe(adapterHash(quiet.adapter));
    expect(trained).toEqual(quiet);
    // It went on from steps 5, 10 and 15, not from the start.
    expect(steps.filter(step => step === 1).length).toBe(1);
    expect(steps.filter(step => step === 6).length).toBe(2);
  });

  it('goes on in another process from the same file, and drops a foreign or damaged one', async () => {
    const checkpointFile = path.join(folder, 'training.ckpt');
    const quiet = await start({}).train(request);
    const first = start({ ticks: 2, ms: 1 });
    const stop = new AbortController();
    const cut = first.train({
      ...request,
      checkpointFile,
      signal: stop.signal,
      onProgress: ({ step }) => step === 12 && stop.abort(),
    });
    await expect(cut).rejects.toMatchObject({ code: 'cancelled' });
    const kept = readFileSync(checkpointFile);
    const steps: number[] = [];
    const onProgress = ({ step }: { step: number }): void => void steps.push(step);
    const second = start({});
    expect(await second.train({ ...request, checkpointFile, onProgress })).toEqual(quiet);
    expect(steps[0]).toBe(11);
    writeFileSync(checkpointFile, kept);
    const other = await second.train({ ...request, seed: 6, checkpointFile, onProgress });
    expect(adapterHash(other.adapter)).not.toBe(adapterHash(quiet.adapter));
    writeFileSync(checkpointFile, kept.subarray(0, 100));
    expect(await second.train({ ...request, checkpointFile })).toEqual(quiet);
  });

  it('repeats an answer once after a crash, and gives up on what crashes it twice', async () => {
    const worker = start({ ticks: 20, ms: 5 });
    const answer = worker.answer({ prompt: free, text: 'abc', adapter: null });
    process.kill(worker.pid as number, 'SIGKILL');
    expect((await answer).text).toBe('cba');
    const doomed = worker.answer({ prompt: free, text: 'abc', adapter: null });
    const failed = expect(doomed).rejects.toMatchObject({ code: 'worker/crashed' });
    const pid = worker.pid as number;
    process.kill(pid, 'SIGKILL');
    while (worker.pid === undefined || worker.pid === pid)
      await new Promise(resolve => setTimeout(resolve, 5));
    process.kill(worker.pid, 'SIGKILL');
    await failed;
    expect((await worker.answer({ prompt: free, text: 'abc', adapter: null })).text).toBe('cba');
  });

  it('carries errors across with code and data', async () => {
    const worker = start('no model');
    const failing = worker.answer({ prompt: free, text: 'abc', adapter: null });
    await expect(failing).rejects.toMatchObject({ code: 'gguf/invalid', data: { offset: 0 } });
    const unusable = start({}).train({ ...request, prompt: { ...prompt, template: 'no slot' } });
    await expect(unusable).rejects.toMatchObject({ code: 'template/invalid' });
  });

  it('cancels by signal and stops with work under way', async () => {
    const worker = start({ ticks: 20, ms: 5 });
    const stop = new AbortController();
    const training = worker.train({ ...request, signal: stop.signal });
    const cancelled = expect(training).rejects.toMatchObject({ code: 'cancelled' });
    setTimeout(() => stop.abort(), 50);
    await cancelled;
    await expect(worker.train({ ...request, signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    const stopped = expect(worker.train(request)).rejects.toMatchObject({ code: 'cancelled' });
    const pid = worker.pid as number;
    await worker.stop();
    await stopped;
    await gone(pid);
    expect(existsSync(path.join(folder, 'training.ckpt'))).toBe(false);
  });
});
