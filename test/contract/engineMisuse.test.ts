// The engine under requests, options and adapters as a careless or hostile caller gives them: typed errors, and nobody else suffers.

import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { memorySource } from '../../core/bytes.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import type {
  Adapter,
  Constraint,
  Generated,
  OpenOptions,
  TrainerOptions,
} from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { open } from '../../model/index.js';
import { liveHandles } from '../../model/runtime/index.js';
import type { AdapterShape, NamedTensor } from '../../proto/messages.js';
import { tinyModel, tinyVocabulary } from '../helpers/tinyModel.js';

const file = memorySource(tinyModel());
const config = readConfig(readGguf(file));
const before = liveHandles();
const model = await open(file, { arithmetic: 'exact', capacity: 512 });
afterAll(() => {
  model.close();
  expect(liveHandles()).toBe(before);
});

const shape: AdapterShape = { mode: 'lora', rank: 2, alpha: 2, targets: ['q', 'v'] };
const adapterOf = (value: (side: 'A' | 'B', index: number) => number, own = shape): Adapter => ({
  shape: own,
  tensors: adapterTensors(config, own).map(({ name, side, shape: size }) => ({
    name,
    shape: size,
    values: Float32Array.from({ length: size[0] * size[1] }, (_, index) => value(side, index)),
  })),
});
const mild = adapterOf((side, index) => (side === 'A' ? ((index % 7) - 3) / 10 : ((index % 5) - 2) / 5));
/** Finite itself; what it makes of an input is not. */
const overflowing = adapterOf(() => 3e38);
const prompt = [5, 6, 7, 8];
const training: TrainerOptions = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 1 };
const example = { prompt, answer: [9, 10] };

describe('values that are no numbers', () => {
  const adapter = model.loadAdapter(overflowing);

  it.each([
    ['greedy', undefined],
    ['sampled', { temperature: 1 }],
    ['with a top-p', { topP: 0.9 }],
    ['with a top-k', { topK: 3 }],
  ])('are no ground to pick a token, %s', async (_, sampling) => {
    const request = { ids: prompt, maxTokens: 2, adapter, ...(sampling && { sampling }) };
    await expect(model.complete(request)).rejects.toMatchObject({ code: 'engine/not-finite' });
  });

  it('are neither a score nor an embedding', async () => {
    const scored = model.score({ ids: prompt, continuations: [[1, 2], [3]], adapter });
    await expect(scored).rejects.toMatchObject({ code: 'engine/not-finite' });
    await expect(model.embed(prompt, { adapter })).rejects.toMatchObject({ code: 'engine/not-finite' });
  });

  it.each([undefined, 0.5])(
    'leave an adapter in training as it was, clipped to %s each',
    async perExampleClip => {
      const trainer = await model.trainer(training, overflowing);
      const options = perExampleClip === undefined ? {} : { perExampleClip };
      await expect(trainer.step([example], options)).rejects.toMatchObject({ code: 'train/diverged' });
      expect(trainer.state().step).toBe(0);
      expect(trainer.state().pending).toBeNull();
      expect(
        trainer.adapter().tensors.every(({ values }) => values.every(value => value === Math.fround(3e38))),
      ).toBe(true);
      trainer.close();
    },
  );
});

describe('tokens', () => {
  it.each([tinyVocabulary, -1, 1.5, Number.NaN])(
    'a score of token %s is refused wherever it stands',
    async token => {
      for (const continuations of [[[token]], [[1, token]], [[1], [2, token]]]) {
        const scored = model.score({ ids: prompt, continuations });
        await expect(scored).rejects.toMatchObject({ code: 'engine/capacity' });
      }
    },
  );
});

describe('one adapter at several scales at once', () => {
  it('serves each request at its own', async () => {
    // A graph of its own, so that the requests wait for its session together.
    const fresh = await open(file, { arithmetic: 'exact', capacity: 64 });
    try {
      const adapter = fresh.loadAdapter(mild);
      const at = (adapterScale: number) => fresh.logits(prompt, { adapter, adapterScale });
      const together = await Promise.all([at(0.5), at(2), at(4), at(1)]);
      for (const [index, scale] of [0.5, 2, 4, 1].entries()) expect(together[index]).toEqual(await at(scale));
    } finally {
      fresh.close();
    }
  });
});

describe('options', () => {
  it.each<Partial<OpenOptions>>([
    { capacity: 0 },
    { capacity: Number.NaN },
    { capacity: 1.5 },
    { capacity: 1e9 },
    { threads: 0 },
    { threads: Number.NaN },
    { threads: 1e9 },
    { cacheBytes: -1 },
    { cacheBytes: Number.NaN },
  ])('%o opens no model', async options => {
    await expect(open(file, { arithmetic: 'exact', ...options })).rejects.toMatchObject({
      code: 'engine/request',
    });
  });

  it.each<Partial<AdapterShape>>([
    { rank: 0 },
    { rank: 1.5 },
    { rank: 1e9 },
    { alpha: Number.NaN },
    { alpha: 0 },
    { alpha: -1 },
    { alpha: Number.POSITIVE_INFINITY },
    { targets: [] },
    { targets: ['q', 'q'] },
    { targets: ['toString' as 'q'] },
  ])('%o is no shape of an adapter', async wrong => {
    const bad = { ...shape, ...wrong };
    await expect(model.trainer({ ...training, shape: bad }, { seed: 1 })).rejects.toMatchObject({
      code: 'adapter/invalid',
    });
    expect(() => model.loadAdapter({ ...mild, shape: bad })).toThrow(
      expect.objectContaining({ code: 'adapter/invalid' }),
    );
  });

  it.each([0, Number.NaN, 2.5, 1e9])('%s tokens are no run of a trainer', async maxTokensPerRun => {
    await expect(model.trainer({ ...training, maxTokensPerRun }, { seed: 1 })).rejects.toMatchObject({
      code: 'train/invalid',
    });
  });
});

describe('what is no request', () => {
  const circular: Record<string, unknown> = { type: 'object' };
  circular.properties = { again: circular };

  it.each<[string, unknown]>([
    ['null', null],
    ['of neither kind', {}],
    ['of both kinds', { choices: ['a'], schema: { type: 'null' } }],
    ['with choices that are no texts', { choices: [1] }],
    ['with one text for choices', { choices: 'abc' }],
    ['in a circle', { schema: circular }],
  ])('is a constraint %s', async (_, constraint) => {
    const request = { ids: prompt, maxTokens: 4, constraint: constraint as Constraint };
    await expect(model.complete(request)).rejects.toMatchObject({ code: 'schema/unsupported' });
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('is a trainer of the seed %s', async seed => {
    await expect(model.trainer(training, { seed })).rejects.toMatchObject({ code: 'train/invalid' });
  });

  it('is a plan for an impossible adapter', () => {
    const wrong = { ...training, shape: { ...shape, rank: 1e9 } };
    expect(() => model.planTraining(wrong, [example], { budgetBytes: 1e9 })).toThrow(
      expect.objectContaining({ code: 'adapter/invalid' }),
    );
  });

  it('is a state with values that are no numbers, or a step of a trainer that is closed', async () => {
    const trainer = await model.trainer(training, { seed: 1 });
    await trainer.accumulate([example], { perExampleClip: 1 });
    const state = trainer.state();
    const [first, ...others] = state.weights as [NamedTensor, ...NamedTensor[]];
    const weights = [{ ...first, values: first.values.map(() => Number.NaN) }, ...others];
    expect(() => trainer.restore({ ...state, weights })).toThrow(
      expect.objectContaining({ code: 'checkpoint/invalid' }),
    );
    trainer.close();
    await expect(trainer.step([example])).rejects.toMatchObject({ code: 'engine/closed' });
  });
});

describe('a batch', () => {
  it('ends a request that waits for room as soon as it is cancelled', async () => {
    const batch = model.batch();
    const read = async (made: AsyncIterable<Generated>, onFirst = () => {}): Promise<number> => {
      let count = 0;
      for await (const _ of made) if (++count === 1) onFirst();
      return count;
    };
    const request = { ids: prompt, maxTokens: 60, stop: [] };
    const cancel = new AbortController();
    // Sixteen rows stand at most.
    const rows = Array.from({ length: 16 }, () => read(batch.add(request), () => cancel.abort()));
    const waiting = read(batch.add({ ...request, signal: cancel.signal }));
    const first = await Promise.race([Promise.any(rows), waiting.catch(error => error.code)]);
    expect(first).toBe('cancelled');
    expect(await Promise.all(rows)).toEqual(rows.map(() => 60));
  });
});

describe('what is left behind', () => {
  it('no listener on a signal that many requests share', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const fresh = await open(file, { arithmetic: 'exact', capacity: 64, spinning: false });
    await fresh.complete({ ids: prompt, maxTokens: 3, stop: [], signal });
    await fresh.embed(prompt, { signal });
    fresh.close();
    expect(added.mock.calls.length).toBeGreaterThan(2);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('no trainer that was closed', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = async (): Promise<WeakRef<object>> => {
      const trainer = await model.trainer(training, { seed: 1 });
      await trainer.step([example]);
      trainer.close();
      return new WeakRef(trainer);
    };
    const trainer = await used();
    await new Promise(resolve => setTimeout(resolve, 1));
    collect();
    expect(trainer.deref()).toBeUndefined();
  });

  it('no row of a batch whose reader has gone', async () => {
    const batch = model.batch();
    const { decoded } = model.counters;
    for await (const _ of batch.add({ ids: prompt, maxTokens: 400, stop: [] })) break;
    for await (const _ of batch.add({ ids: prompt, maxTokens: 20, stop: [] }));
    expect(model.counters.decoded - decoded).toBeLessThan(60);
  });
});
