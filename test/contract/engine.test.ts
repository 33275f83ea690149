// The engine on a tiny random model: every way of asking gives the same answer, and nothing outlives its owner.

import { afterAll, describe, expect, it } from 'vitest';
import type { ByteSource } from '../../core/bytes.js';
import { SeededRandom } from '../../core/random.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import type { Adapter, Model } from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { open } from '../../model/index.js';
import { liveHandles } from '../../model/runtime/index.js';
import type { AdapterShape } from '../../proto/messages.js';
import { type TinyModelOptions, tinyModel, tinyVocabulary } from '../helpers/tinyModel.js';

const bytesSource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.slice(offset, offset + length),
});

const config = readConfig(readGguf(bytesSource(tinyModel())));

function randomAdapter(shape: AdapterShape, seed: number, size = 0.3): Adapter {
  const random = new SeededRandom(seed);
  const tensors = adapterTensors(config, shape).map(({ name, shape: dims }) => ({
    name,
    shape: dims,
    values: Float32Array.from({ length: dims[0] * dims[1] }, () => (random.uint32() / 2 ** 31 - 1) * size),
  }));
  return { shape, tensors };
}

const ids = (seed: number, length: number): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length }, () => random.below(tinyVocabulary));
};

const logSoftmax = (logits: Float32Array, id: number): number => {
  const largest = Math.max(...logits);
  return (
    (logits[id] as number) - largest - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - largest), 0))
  );
};

async function collect(tokens: AsyncIterable<number>): Promise<number[]> {
  const out: number[] = [];
  for await (const token of tokens) out.push(token);
  return out;
}

const before = liveHandles();
const models: Model[] = [];
async function tiny(arithmetic: 'exact' | 'fast', options: TinyModelOptions = {}): Promise<Model> {
  const model = await open(bytesSource(tinyModel(options)), { arithmetic, capacity: 512 });
  models.push(model);
  return model;
}
const exact = await tiny('exact');
const fast = await tiny('fast');

afterAll(() => {
  for (const model of models) model.close();
  expect(liveHandles()).toBe(before);
});

const shapes: AdapterShape[] = [
  { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v'] },
  { mode: 'lora', rank: 3, alpha: 3, targets: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] },
  { mode: 'ffa', rank: 2, alpha: 4, targets: ['down'] },
];

describe.each([
  ['exact', exact, 1e-4],
  ['fast', fast, 0.15],
] as const)('in %s arithmetic', (_, model, tolerance) => {
  it('a long prompt in pieces is the prompt token by token', async () => {
    const prompt = ids(1, 300);
    const whole = await model.logits(prompt);
    const made = await collect(model.generate({ ids: prompt, maxTokens: 1 }));
    expect(made).toEqual([whole.indexOf(Math.max(...whole))]);
    expect(whole).toHaveLength(tinyVocabulary);
  });

  it('generates what the logits say, stop token included', async () => {
    const prompt = ids(2, 9);
    const made = await collect(model.generate({ ids: prompt, maxTokens: 12, stop: [] }));
    expect(made).toHaveLength(12);
    for (let n = 0; n < made.length; n++) {
      const logits = await model.logits([...prompt, ...made.slice(0, n)]);
      expect(logits[made[n] as number]).toBeGreaterThan(Math.max(...logits) - tolerance);
    }
    const stop = made[5] as number;
    const stopped = await collect(model.generate({ ids: prompt, maxTokens: 12, stop: [stop] }));
    expect(stopped).toEqual(made.slice(0, made.indexOf(stop) + 1));
  });

  it('decodes many together as one by one', async () => {
    const adapter = model.loadAdapter(randomAdapter(shapes[0] as AdapterShape, 5));
    const requests = Array.from({ length: 21 }, (_, n) => ({
      ids: ids(n, 3 + ((n * 7) % 40)),
      maxTokens: 1 + ((n * 5) % 17),
      stop: [n],
      ...(n % 3 === 0 ? { adapter } : {}),
    }));
    const together = await model.generateBatch(requests);
    let same = 0;
    for (const [n, request] of requests.entries()) {
      const alone = await collect(model.generate(request));
      if (JSON.stringify(alone) === JSON.stringify(together[n])) same++;
    }
    // Rounding may turn a tie; in exact arithmetic these prompts have none.
    expect(same).toBeGreaterThanOrEqual(model === exact ? 21 : 19);
    adapter.release();
  });

  it('scores continuations as logits one after the other do', async () => {
    const prompt = ids(3, 20);
    const continuations = [[5], [5, 6], [5, 6, 7], [5, 9, 7, 8], [9, 9], [200, 3, 1, 4, 1, 5], [9]];
    const scores = await model.score({ ids: prompt, continuations });
    for (const [n, continuation] of continuations.entries()) {
      let sum = 0;
      for (const [place, id] of continuation.entries()) {
        sum += logSoftmax(await model.logits([...prompt, ...continuation.slice(0, place)]), id);
      }
      expect(Math.abs((scores[n] as number) - sum)).toBeLessThan(tolerance * continuation.length);
    }
  });

  it('scores after long prompts, and more continuations than one run holds', async () => {
    const prompt = ids(4, 330);
    const continuations = Array.from({ length: 60 }, (_, n) => ids(100 + n, 4));
    const scores = await model.score({ ids: prompt, continuations });
    for (const n of [0, 31, 59]) {
      const [alone] = await model.score({ ids: prompt, continuations: [continuations[n] as number[]] });
      expect(Math.abs((scores[n] as number) - (alone as number))).toBeLessThan(4 * tolerance);
    }
  });

  it('an adapter counts alpha / rank times', async () => {
    const prompt = ids(6, 12);
    const shape = { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'down'] } as const;
    const narrow = randomAdapter(shape, 5);
    // The same in twice the rank: rows of A and columns of B that are zero.
    const tensors = narrow.tensors.map(({ name, shape: [rows = 0, columns = 0], values }) => {
      const isA = name.includes('lora_A');
      const wide = isA ? [8, columns] : [rows, 8];
      const padded = new Float32Array(8 * (isA ? columns : rows));
      for (const [at, value] of values.entries())
        padded[isA ? at : Math.floor(at / 4) * 8 + (at % 4)] = value;
      return { name, shape: wide, values: padded };
    });
    const [one, two] = [
      model.loadAdapter(narrow),
      model.loadAdapter({ shape: { ...shape, rank: 8, alpha: 16 }, tensors }),
    ];
    const [given, padded] = [
      await model.logits(prompt, { adapter: one }),
      await model.logits(prompt, { adapter: two }),
    ];
    for (const [id, logit] of given.entries()) expect(padded[id]).toBeCloseTo(logit, 4);
    one.release();
    two.release();
  });

  it('scores what is longer than one run', async () => {
    const prompt = ids(4, 10);
    const long = ids(5, 450);
    const all = await model.allLogits([...prompt, ...long]);
    const expected = long.reduce((sum, id, place) => {
      const row = (prompt.length - 1 + place) * tinyVocabulary;
      return sum + logSoftmax(all.subarray(row, row + tinyVocabulary), id);
    }, 0);
    const [alone, , again] = await model.score({
      ids: prompt,
      continuations: [long, long.slice(0, 30), long],
    });
    expect(Math.abs((alone as number) - expected)).toBeLessThan(tolerance * 10);
    expect(Math.abs((again as number) - expected)).toBeLessThan(tolerance * 10);
  });

  it.each(shapes)('adapters of $targets change the answer, and those of zeros do not', async shape => {
    const prompt = ids(6, 24);
    const base = await model.logits(prompt);
    const zero = randomAdapter(shape, 1, 0);
    const loaded = model.loadAdapter(zero);
    const unchanged = await model.logits(prompt, { adapter: loaded });
    for (const [n, logit] of base.entries())
      expect(Math.abs(logit - (unchanged[n] as number))).toBeLessThan(1e-5);
    const changing = model.loadAdapter(randomAdapter(shape, 2));
    const changed = await model.logits(prompt, { adapter: changing });
    expect(Math.max(...changed.map((logit, n) => Math.abs(logit - (base[n] as number))))).toBeGreaterThan(
      0.1,
    );
    loaded.release();
    changing.release();
    expect(await model.logits(prompt)).toEqual(base);
    await expect(model.logits(prompt, { adapter: changing })).rejects.toMatchObject({
      code: 'engine/closed',
    });
  });
});

it('reads files of every float and block type', async () => {
  const prompt = ids(7, 16);
  for (const weights of ['F32', 'F16', 'BF16', 'Q4_0', 'Q4_1', 'Q8_0'] as const) {
    const options: TinyModelOptions = { weights, embedding: weights };
    const [a, b] = [await tiny('exact', options), await tiny('fast', options)];
    const [one, other] = [await a.logits(prompt), await b.logits(prompt)];
    const difference = Math.sqrt(one.reduce((sum, x, n) => sum + (x - (other[n] as number)) ** 2, 0));
    const size = Math.sqrt(one.reduce((sum, x) => sum + x * x, 0));
    expect(difference / size, weights).toBeLessThan(0.05);
  }
});

it('stops when the signal fires, and refuses what cannot be', async () => {
  const abort = new AbortController();
  const made: number[] = [];
  const run = async (): Promise<void> => {
    for await (const token of exact.generate({ ids: [1], maxTokens: 400, stop: [], signal: abort.signal })) {
      made.push(token);
      if (made.length === 3) abort.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
  expect(made).toHaveLength(3);
  await expect(exact.logits(ids(1, 513))).rejects.toMatchObject({ code: 'engine/capacity' });
  await expect(exact.logits([])).rejects.toMatchObject({ code: 'engine/capacity' });
  await expect(exact.logits([tinyVocabulary])).rejects.toMatchObject({ code: 'engine/capacity' });
  await expect(exact.score({ ids: [1], continuations: [[]] })).rejects.toMatchObject({
    code: 'engine/capacity',
  });
  const shape = shapes[0] as AdapterShape;
  const good = randomAdapter(shape, 1);
  const broken: Adapter[] = [
    { shape, tensors: good.tensors.slice(1) },
    { shape: { ...shape, rank: 5 }, tensors: good.tensors },
    { shape: { ...shape, targets: ['q'] }, tensors: good.tensors },
    {
      shape,
      tensors: good.tensors.map(tensor => ({ ...tensor, values: tensor.values.map(() => Number.NaN) })),
    },
  ];
  for (const adapter of broken) {
    expect(() => exact.loadAdapter(adapter)).toThrowError(
      expect.objectContaining({ code: 'adapter/invalid' }),
    );
  }
  const foreign = fast.loadAdapter(good);
  await expect(exact.logits([1], { adapter: foreign })).rejects.toMatchObject({ code: 'adapter/invalid' });
});

it('opens a trainer again without new weights, and lets go of everything with the model', async () => {
  const held = liveHandles();
  const model = await open(bytesSource(tinyModel()), { arithmetic: 'fast' });
  const options = { shape: shapes[0] as AdapterShape, learningRate: 1e-3, weightDecay: 0, clipNorm: 1 };
  const first = await model.trainer(options, { seed: 1 });
  const examples = [{ prompt: ids(1, 5), answer: [7, 8] }];
  const one = await first.step(examples);
  first.close();
  const between = liveHandles();
  const second = await model.trainer(options, { seed: 1 });
  expect(await second.step(examples)).toEqual(one);
  second.close();
  expect(liveHandles()).toBe(between);
  await model.trainer(options, { seed: 2 });
  model.close();
  expect(liveHandles()).toBe(held);
});

it('may be closed while it runs', async () => {
  const model = await open(bytesSource(tinyModel()), { arithmetic: 'fast' });
  const tokens = model.generate({ ids: ids(1, 30), maxTokens: 400, stop: [] })[Symbol.asyncIterator]();
  await tokens.next();
  const next = [tokens.next(), tokens.next()];
  model.close();
  model.close();
  const ends = await Promise.allSettled(next);
  expect(ends).toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({ code: 'engine/closed' }),
  });
  await expect(model.logits([1])).rejects.toMatchObject({ code: 'engine/closed' });
});
