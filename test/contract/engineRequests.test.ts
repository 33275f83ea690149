// What one request may ask of the engine: sampling, stops, an adapter's scale, and what requests leave to each other.

import { afterAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../core/bytes.js';
import type { SkeinError } from '../../core/errors.js';
import { SeededRandom } from '../../core/random.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import type {
  Adapter,
  Generated,
  GenerateRequest,
  LoadedAdapter,
  Model,
  Pooling,
  ScoreRequest,
} from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { open } from '../../model/index.js';
import { liveHandles } from '../../model/runtime/index.js';
import type { AdapterShape } from '../../proto/messages.js';
import { tinyModel, tinyVocabulary } from '../helpers/tinyModel.js';

const file = memorySource(tinyModel());
const config = readConfig(readGguf(file));
const before = liveHandles();
const opened: Model[] = [];
async function tiny(cacheBytes?: number): Promise<Model> {
  const options = cacheBytes === undefined ? {} : { cacheBytes };
  const model = await open(file, { arithmetic: 'exact', capacity: 512, ...options });
  opened.push(model);
  return model;
}
const model = await tiny();
const plain = await tiny(0);
afterAll(() => {
  for (const one of opened) one.close();
  expect(liveHandles()).toBe(before);
});

const shape: AdapterShape = { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v', 'down'] };
function randomAdapter(seed: number, factor = 1): Adapter {
  const random = new SeededRandom(seed);
  const tensors = adapterTensors(config, shape).map(({ name, side, shape: dims }) => ({
    name,
    shape: dims,
    values: Float32Array.from(
      { length: dims[0] * dims[1] },
      () => (random.uint32() / 2 ** 31 - 1) * 0.3 * (side === 'B' ? factor : 1),
    ),
  }));
  return { shape, tensors };
}

const ids = (seed: number, length: number): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length }, () => random.below(tinyVocabulary));
};

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

const closest = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, n) => Math.abs(value - (b[n] as number))));

describe('one request', () => {
  it('draws the same for a seed and other things for others', async () => {
    const request = (seed: number): GenerateRequest => ({
      ids: ids(1, 8),
      maxTokens: 24,
      stop: [],
      sampling: { seed, temperature: 1.2, topP: 0.95 },
    });
    const [a, b, c] = [
      await model.complete(request(1)),
      await model.complete(request(1)),
      await model.complete(request(2)),
    ];
    expect(b).toEqual(a);
    expect(c.ids).not.toEqual(a.ids);
    expect(a.end).toBe('length');
  });

  it('has the text of its tokens, up to a stop string that tokens divide', async () => {
    const request = { ids: ids(2, 8), maxTokens: 40, stop: [], sampling: { seed: 3, temperature: 3 } };
    const whole = await model.complete(request);
    expect(whole.text).toBe(model.tokenizer.decode(whole.ids));
    const stop = whole.text.slice(9, 13);
    const events = await collect<Generated>(model.stream({ ...request, stopTexts: ['never there', stop] }));
    expect(events.map(({ text }) => text).join('')).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(events.map(({ end }) => end).filter(end => end !== undefined)).toEqual(['text']);
    expect(events.map(({ id }) => id)).toEqual(whole.ids.slice(0, events.length));
    const last = whole.ids.at(7) as number;
    const ended = await model.complete({ ...request, stop: [last] });
    expect(ended.ids).toEqual(whole.ids.slice(0, whole.ids.indexOf(last) + 1));
    expect(ended.end).toBe('token');
  });

  it('makes nothing of no tokens, and refuses settings that cannot be', async () => {
    expect(await model.complete({ ids: [1], maxTokens: 0 })).toEqual({ ids: [], text: '', end: 'length' });
    for (const wrong of [{ maxTokens: -1 }, { sampling: { topP: 2 } }, { stopTexts: [''] }]) {
      await expect(model.complete({ ids: [1], maxTokens: 1, ...wrong })).rejects.toMatchObject({
        code: 'engine/request',
      });
    }
    const adapter = model.loadAdapter(randomAdapter(1));
    await expect(model.logits([1], { adapter, adapterScale: Number.NaN })).rejects.toMatchObject({
      code: 'engine/request',
    });
    adapter.release();
  });
});

describe('a prefix that an earlier request had', () => {
  const conversation = ids(3, 60);
  const counted = async (on: Model, work: () => Promise<unknown>): Promise<Model['counters']> => {
    const start = on.counters;
    await work();
    const end = on.counters;
    return {
      prefilled: end.prefilled - start.prefilled,
      reused: end.reused - start.reused,
      decoded: end.decoded - start.decoded,
    };
  };

  it('is not run again, and changes no token', async () => {
    const first = { ids: conversation, maxTokens: 12, stop: [] };
    const made = await model.complete(first);
    const next = { ...first, ids: [...conversation, ...made.ids, ...ids(4, 5)] };
    let again: unknown;
    const work = await counted(model, async () => {
      again = await model.complete(next);
    });
    expect(again).toEqual(await plain.complete(next));
    // The last token made was never run.
    expect(work).toEqual({ prefilled: 6, reused: 71, decoded: 11 });
    expect(await counted(plain, () => plain.complete(next))).toEqual({
      prefilled: 77,
      reused: 0,
      decoded: 11,
    });
    expect(await counted(model, () => model.complete(next))).toEqual({
      prefilled: 1,
      reused: 76,
      decoded: 11,
    });
  });

  it('serves scores too, and several conversations in turn', async () => {
    const prompts = [conversation, ids(5, 50), [...conversation.slice(0, 10), ...ids(6, 40)]];
    const continuations = [[5, 6], [5, 7, 8], [9]];
    for (const prompt of prompts) await model.score({ ids: prompt, continuations });
    for (const prompt of prompts) {
      const longer = [...prompt, 1, 2, 3];
      let scores: Float64Array = new Float64Array();
      const work = await counted(model, async () => {
        scores = await model.score({ ids: longer, continuations });
      });
      expect(work).toEqual({ prefilled: 3, reused: prompt.length, decoded: 0 });
      const expected = await plain.score({ ids: longer, continuations });
      for (const [n, score] of scores.entries()) expect(score).toBeCloseTo(expected[n] as number, 3);
    }
  });

  it('counts only with the same adapter at the same scale', async () => {
    const [one, two] = [model.loadAdapter(randomAdapter(1)), model.loadAdapter(randomAdapter(2))];
    const request = { ids: ids(7, 30), maxTokens: 1 };
    const uses = [
      {},
      { adapter: one },
      { adapter: two },
      { adapter: one, adapterScale: 0.5 },
      { adapter: one, adapterScale: 0.25 },
    ];
    for (const use of uses) {
      expect(await counted(model, () => model.complete({ ...request, ...use }))).toMatchObject({ reused: 0 });
    }
    for (const use of uses) {
      expect(await counted(model, () => model.complete({ ...request, ...use }))).toMatchObject({
        reused: 29,
      });
    }
    one.release();
    const other = model.loadAdapter(randomAdapter(1));
    expect(await counted(model, () => model.complete({ ...request, adapter: other }))).toMatchObject({
      reused: 0,
    });
    other.release();
    two.release();
  });

  it('goes on after the longest beginning, and leaves nothing of an adapter that is released', async () => {
    const one = await tiny();
    const start = ids(31, 30);
    for (const length of [10, 30, 20])
      await one.score({ ids: [...start.slice(0, length), ...ids(length, 60)], continuations: [[1]] });
    expect(await counted(one, () => one.score({ ids: [...start, 3], continuations: [[1]] }))).toMatchObject({
      reused: 30,
    });
    const cycle = async (): Promise<void> => {
      const adapter = one.loadAdapter(randomAdapter(1));
      await one.complete({ ids: start, maxTokens: 2, adapter });
      adapter.release();
    };
    await cycle();
    const held = liveHandles();
    await cycle();
    expect(liveHandles()).toBe(held);
  });

  it('takes no more memory than it may', async () => {
    const bytes = 2 * 2 * 4 * 256 * 32;
    const small = await tiny(2 * bytes);
    const prompts = [11, 12, 13].map(seed => [seed, ...ids(seed, 20)]);
    for (const prompt of prompts) await small.score({ ids: prompt, continuations: [[1]] });
    const reused = async (prompt: number[]): Promise<number> =>
      (await counted(small, () => small.score({ ids: prompt, continuations: [[1]] }))).reused;
    expect(await reused(prompts[2] as number[])).toBe(20);
    expect(await reused(prompts[1] as number[])).toBe(20);
    expect(await reused(prompts[0] as number[])).toBe(0);
  });

  it('is right after a request that was cancelled in its prompt', async () => {
    const long = ids(8, 500);
    const abort = new AbortController();
    const run = model.complete({ ids: long, maxTokens: 1, signal: abort.signal });
    abort.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(await model.complete({ ids: long, maxTokens: 8 })).toEqual(
      await plain.complete({ ids: long, maxTokens: 8 }),
    );
  });
});

it('several key-value heads are copied apart, between caches and between rows', async () => {
  const source = memorySource(tinyModel({ heads: 4, kvHeads: 2, headSize: 16 }));
  const [pooled, alone] = [
    await open(source, { arithmetic: 'exact', capacity: 512 }),
    await open(source, { arithmetic: 'exact', capacity: 512, cacheBytes: 0 }),
  ];
  opened.push(pooled, alone);
  // The first prompt's cache stays for it; the second copies their common beginning.
  const [long, start] = [ids(60, 200), ids(60, 40)];
  for (const prompt of [long, [...start, 7, 8]]) {
    expect(await pooled.complete({ ids: prompt, maxTokens: 12 })).toEqual(
      await alone.complete({ ids: prompt, maxTokens: 12 }),
    );
  }
  expect(pooled.counters.reused).toBe(40);
  // Rows that end at different times change places.
  const requests = [3, 9, 5, 14, 7].map((maxTokens, n) => ({
    ids: ids(70 + n, 10 + n),
    maxTokens,
    stop: [],
  }));
  const expected = await Promise.all(requests.map(async request => (await alone.complete(request)).ids));
  expect(await pooled.generateBatch(requests)).toEqual(expected);
});

describe('scores of many prompts', () => {
  it('are those of each alone', async () => {
    const adapter = model.loadAdapter(randomAdapter(3));
    const start = ids(40, 12);
    const requests = Array.from({ length: 40 }, (_, n): ScoreRequest => {
      const own = ids(50 + n, (n * 13) % 37);
      // Some begin alike, some do not, one is a beginning of others, some are as long as the context.
      const prompt = n % 4 === 3 ? [n, ...own] : [...start, ...own];
      return {
        ids: n === 20 ? [...start, ...ids(7, 480)] : prompt,
        continuations: Array.from({ length: n % 5 }, (__, k) => ids(n + k, 1 + ((n + 3 * k) % 6))),
        // The scales are apart by more than rounding, in the same prompt.
        ...(n > 25 && n < 33 ? { adapter, ...(n > 29 ? { adapterScale: 3 } : {}) } : {}),
      };
    });
    for (const adapterScale of [1, 3, 1])
      requests.push({ ids: start, continuations: [[1, 2]], adapter, adapterScale });
    const together = await model.scoreBatch(requests);
    for (const [n, request] of requests.entries()) {
      const alone = await model.score(request);
      expect(together[n]).toHaveLength(request.continuations.length);
      for (const [k, value] of alone.entries()) expect(together[n]?.[k]).toBeCloseTo(value, 3);
    }
    expect(await model.scoreBatch([])).toEqual([]);
    await expect(model.scoreBatch([{ ids: [1], continuations: [[]] }])).rejects.toMatchObject({
      code: 'engine/capacity',
    });
    const abort = new AbortController();
    abort.abort();
    await expect(model.scoreBatch(requests, abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
    adapter.release();
  });
});

describe('an embedding', () => {
  /** The head's matrix, which is the embedding table here. */
  const table = readGguf(file).read('token_embd.weight');
  const { hidden } = config;
  const timesHead = (vector: Float32Array): Float32Array =>
    Float32Array.from({ length: tinyVocabulary }, (_, id) =>
      vector.reduce((sum, value, n) => sum + value * (table[id * hidden + n] as number), 0),
    );
  const norm = (vector: Float32Array): number => Math.hypot(...vector);

  it('is of length 1 and, of the last token, what the logits are made of', async () => {
    for (const [seed, length] of [
      [1, 7],
      [2, 300],
    ] as const) {
      const prompt = ids(seed, length);
      const last = await model.embed(prompt, { pooling: 'last' });
      expect(norm(last)).toBeCloseTo(1, 5);
      const logits = await model.logits(prompt);
      const same = timesHead(last);
      const factor = norm(logits) / norm(same);
      expect(
        closest(
          logits,
          same.map(value => value * factor),
        ),
      ).toBeLessThan(1e-3);
      expect(closest(await model.embed(prompt, { pooling: 'last' }), last)).toBeLessThan(1e-5);
    }
  });

  it('is the mean over all tokens, however many runs they take', async () => {
    const prompt = ids(3, 260);
    const sum = new Float32Array(hidden);
    for (let length = 1; length <= prompt.length; length++) {
      const one = await model.embed(prompt.slice(0, length), { pooling: 'last' });
      const size = norm(await model.logits(prompt.slice(0, length))) / norm(timesHead(one));
      for (const [n, value] of one.entries()) sum[n] = (sum[n] as number) + value * size;
    }
    const mean = await model.embed(prompt);
    expect(
      closest(
        mean,
        sum.map(value => value / norm(sum)),
      ),
    ).toBeLessThan(1e-4);
  });

  it('takes an adapter, and refuses another pooling', async () => {
    const adapter = model.loadAdapter(randomAdapter(1));
    const [a, b] = [await model.embed([1, 2, 3]), await model.embed([1, 2, 3], { adapter })];
    expect(closest(a, b)).toBeGreaterThan(0.01);
    adapter.release();
    await expect(model.embed([1], { pooling: 'max' as Pooling })).rejects.toMatchObject({
      code: 'engine/request',
    });
    await expect(model.embed([])).rejects.toMatchObject({ code: 'engine/capacity' });
  });
});

describe('an adapter', () => {
  it('counts as many times as a request says', async () => {
    const prompt = ids(9, 20);
    const once = plain.loadAdapter(randomAdapter(1));
    for (const scale of [0, 0.5, -1, 3]) {
      const made = plain.loadAdapter(randomAdapter(1, scale));
      const [scaled, expected] = [
        await plain.logits(prompt, { adapter: once, adapterScale: scale }),
        await plain.logits(prompt, { adapter: made }),
      ];
      expect(closest(scaled, expected)).toBeLessThan(1e-4);
      made.release();
    }
    expect(
      closest(await plain.logits(prompt), await plain.logits(prompt, { adapter: once, adapterScale: 0 })),
    ).toBeLessThan(1e-5);
    const full = await plain.logits(prompt, { adapter: once });
    expect(closest(full, await plain.logits(prompt, { adapter: once, adapterScale: 0.5 }))).toBeGreaterThan(
      0.01,
    );
    once.release();
  });
});

describe('a batch', () => {
  const adapters = [undefined, model.loadAdapter(randomAdapter(1)), model.loadAdapter(randomAdapter(2))];
  const requests = Array.from({ length: 24 }, (_, n): GenerateRequest => {
    const adapter = adapters[n % 3];
    return {
      ids: ids(20 + n, 1 + ((n * 11) % 50)),
      maxTokens: 1 + ((n * 7) % 30),
      stop: [n],
      ...(n % 4 === 0 ? { sampling: { seed: n, temperature: 0.8 + n / 20, topK: 20 } } : {}),
      ...(n % 5 === 0 ? { stopTexts: ['e'] } : {}),
      ...(n % 7 === 0 ? { constraint: { schema: { type: 'array', items: { type: 'integer' } } } } : {}),
      ...(adapter === undefined ? {} : { adapter }),
      ...(n % 6 === 1 ? { adapterScale: 0.5 } : {}),
    };
  });

  it('gives each row what it is given alone, as rows join and leave', async () => {
    const batch = model.batch();
    const rows: Promise<Generated[]>[] = [];
    for (const [n, request] of requests.entries()) {
      rows.push(collect(batch.add(request)));
      // Some join while others are under way.
      if (n % 3 === 0) await new Promise(resolve => setTimeout(resolve, 2));
    }
    const together = await Promise.all(rows);
    for (const [n, request] of requests.entries()) {
      expect(together[n], `row ${n}`).toEqual(await collect(plain.stream(adapted(request))));
    }
  });

  /** The same adapter, loaded into the other model. */
  const copies = [1, 2].map(seed => plain.loadAdapter(randomAdapter(seed)));
  const adapted = ({ adapter, ...rest }: GenerateRequest): GenerateRequest => {
    const copy = copies[adapters.indexOf(adapter) - 1];
    return copy === undefined ? rest : { ...rest, adapter: copy };
  };

  it('goes on without a row that is cancelled, that fails, or whose reader has gone', async () => {
    const batch = model.batch();
    const abort = new AbortController();
    const long = { ids: ids(1, 9), maxTokens: 60, stop: [] };
    const kept = collect(batch.add(long));
    const refused = Promise.allSettled([
      collect(batch.add({ ...long, signal: abort.signal })),
      collect(batch.add({ ...long, ids: [] })),
      collect(batch.add({ ...long, adapter: copies[0] as LoadedAdapter })),
    ]);
    const left: number[] = [];
    for await (const { id } of batch.add(long)) {
      left.push(id);
      if (left.length === 3) break;
    }
    abort.abort();
    expect(
      (await refused).map(end => (end.status === 'rejected' ? (end.reason as SkeinError).code : '')),
    ).toEqual(['cancelled', 'engine/capacity', 'adapter/invalid']);
    const alone = await collect(plain.stream(long));
    expect(await kept).toEqual(alone);
    expect(left).toEqual(alone.slice(0, 3).map(({ id }) => id));
    expect(() => batch.add({ ...long, maxTokens: 600 })).toThrowError(
      expect.objectContaining({ code: 'engine/capacity' }),
    );
    expect(await model.generateBatch([])).toEqual([]);
  });
});

it('fifty times opened, asked in every way with two adapters, and closed, it leaves nothing behind', async () => {
  const cycle = async (n: number): Promise<void> => {
    const one = await open(file, { arithmetic: n % 2 === 0 ? 'exact' : 'fast', capacity: 256 });
    const adapters = [one.loadAdapter(randomAdapter(1)), one.loadAdapter(randomAdapter(2))];
    for (const adapter of adapters) {
      const use = { adapter, adapterScale: 0.5 };
      await one.complete({ ids: [1, 2, 3], maxTokens: 3, ...use });
      await one.score({ ids: [1, 2], continuations: [[3], [4, 5]], ...use });
      await one.generateBatch([
        { ids: [1], maxTokens: 2, ...use },
        { ids: [2, 3], maxTokens: 3 },
      ]);
    }
    await one.embed([1, 2, 3]);
    adapters[0]?.release();
    one.close();
  };
  const held = liveHandles();
  await cycle(0);
  await cycle(1);
  const early = process.memoryUsage().rss;
  for (let n = 0; n < 48; n++) {
    await cycle(n);
    expect(liveHandles()).toBe(held);
  }
  // What one cycle takes is far more than this in 48: caches alone are 1 MB, packed weights and sessions several.
  expect(process.memoryUsage().rss - early).toBeLessThan(64 * 1024 * 1024);
});
