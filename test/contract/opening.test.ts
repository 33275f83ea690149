// Models and trainers open beside the event loop, may be closed or cancelled meanwhile, and give everything back.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { ByteSource } from '../../core/bytes.js';
import type { TrainerOptions } from '../../model/engine/types.js';
import { open } from '../../model/index.js';
import { liveHandles } from '../../model/runtime/index.js';
import { openPackedFolder } from '../../platform/packedFolder.js';
import { tinyModel } from '../helpers/tinyModel.js';

const folder = mkdtempSync(path.join(tmpdir(), 'skein-opening-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tiny = tinyModel();
/** Its matrices are large enough for files and turns of their own. */
const small = tinyModel({ hidden: 512, feedForward: 1024, heads: 8, kvHeads: 4, headSize: 64 });
const source = (bytes = tiny): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.slice(offset, offset + length),
});
const options = { arithmetic: 'fast', capacity: 512 } as const;
const training: TrainerOptions = {
  shape: { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v'] },
  learningRate: 0.01,
  weightDecay: 0,
  clipNorm: 1,
};
const example = { prompt: [1, 2, 3], answer: [4, 5, 6] };

let before = 0;
beforeEach(() => {
  before = liveHandles();
});

/** Turns that the event loop takes until `work` is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work.finally(() => {
    done = true;
  });
  return turns;
}

it.each([undefined, openPackedFolder(path.join(folder, 'turns', 'model'))])(
  'takes turns while a model and a trainer open',
  async packed => {
    const model = await open(Object.assign(source(small), packed && { packed }), options);
    // Weights are made a matrix a turn, and while another thread creates the session turns are free.
    expect(await turnsDuring(model.logits([1, 2, 3]))).toBeGreaterThan(10);
    expect(await turnsDuring(model.trainer(training, { seed: 1 }))).toBeGreaterThan(10);
    model.close();
    expect(liveHandles()).toBe(before);
  },
);

/** What is still being opened when its model is closed is closed when it is there. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 500 && liveHandles() > before; i++)
    await new Promise(resolve => setTimeout(resolve, 5));
  expect(liveHandles()).toBe(before);
};

it.each([0, 1, 3, 10, 30])('may be closed %i turns after it began to open', async turns => {
  const model = await open(source(), { ...options, warm: true });
  const asked = [model.logits([1, 2, 3]), model.trainer(training, { seed: 1 })];
  const ends = Promise.allSettled(asked);
  for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve));
  model.close();
  for (const end of await ends)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'engine/closed' });
  await settled();
});

it('a cancelled request need not wait for the session, which the next one uses', async () => {
  const model = await open(source(), options);
  const abort = new AbortController();
  const asked = model.logits([1, 2, 3], { signal: abort.signal });
  abort.abort();
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  await expect(model.logits([1, 2, 3], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect((await model.logits([1, 2, 3])).length).toBe(model.info.vocabulary);
  model.close();
  await settled();
});

it('gives the same where it was warmed', async () => {
  const [cold, warm] = [await open(source(), options), await open(source(), { ...options, warm: true })];
  expect(await warm.logits([1, 2, 3])).toEqual(await cold.logits([1, 2, 3]));
  cold.close();
  warm.close();
  await settled();
});

it('opens, generates, trains and closes fifty times without growing', async () => {
  const packed = openPackedFolder(path.join(folder, 'cycles', 'model'));
  const cycle = async (): Promise<void> => {
    const model = await open(Object.assign(source(), { packed }), { ...options, warm: true });
    for await (const _ of model.generate({ ids: [1, 2, 3], maxTokens: 3 }));
    const trainer = await model.trainer(training, { seed: 1 });
    await trainer.step([example]);
    model.close();
  };
  for (let i = 0; i < 10; i++) await cycle();
  const resident = process.memoryUsage.rss();
  for (let i = 0; i < 50; i++) await cycle();
  expect(liveHandles()).toBe(before);
  // A cycle takes several MB of graphs, caches and weights: keeping those of a few would show.
  expect(process.memoryUsage.rss() - resident).toBeLessThan(40e6);
}, 60_000);
