// The sampling chain: each filter keeps what its definition says, and the draw has the distribution it should.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, candidates, createSampler, members, type Sampling } from '../../../model/engine/sampling.js';

const scoresOf = (min = 1, max = 60) =>
  fc
    .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: min, maxLength: max })
    .map(values => Float32Array.from(values));

const setOf = (ids: readonly number[], size: number): Uint32Array => {
  const set = new Uint32Array(Math.ceil(size / 32));
  for (const id of ids) set[id >> 5] = (set[id >> 5] as number) | (1 << (id & 31));
  return set;
};

const softmax = (scores: Float32Array, ids: readonly number[], temperature = 1): number[] => {
  const weights = ids.map(id => Math.exp((scores[id] as number) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => weight / total);
};
const all = (scores: Float32Array): number[] => [...scores.keys()];
const byScore = (scores: Float32Array, ids: readonly number[]): number[] =>
  ids.toSorted((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);

describe('filters', () => {
  it('top-k keeps the k likeliest', () => {
    fc.assert(
      fc.property(scoresOf(), fc.integer({ min: 1, max: 70 }), (scores, topK) => {
        expect(byScore(scores, [...candidates(scores, { topK })])).toEqual(
          byScore(scores, all(scores)).slice(0, topK),
        );
      }),
    );
  });

  it('of equals the lower ids are kept', () => {
    expect([...candidates(Float32Array.of(1, 1, 2, 1), { topK: 2 })].sort()).toEqual([0, 2]);
    expect([...candidates(Float32Array.of(1, 1, 1, 2, 2), { topK: 3 })].sort()).toEqual([0, 3, 4]);
    expect([...candidates(Float32Array.of(0, 2, 2, 2), { topP: 0.5 })].sort()).toEqual([1, 2]);
  });

  it('top-p counts a long tail of the unlikely', () => {
    // One token has half of the probability, the others share the rest.
    const tail = 20_000;
    const scores = new Float32Array(tail + 1);
    scores[0] = Math.log(tail);
    const kept = candidates(scores, { topP: 0.75 }).length;
    expect(Math.abs(kept - 1 - tail / 2)).toBeLessThanOrEqual(1);
  });

  it('top-p keeps the smallest set of the likeliest with that much of what top-k left', () => {
    fc.assert(
      fc.property(
        scoresOf(),
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 70 }),
        (scores, topP, topK) => {
          const pool = byScore(scores, all(scores)).slice(0, topK === 0 ? undefined : topK);
          const kept = byScore(scores, [...candidates(scores, { topP, topK })]);
          expect(kept).toEqual(pool.slice(0, kept.length));
          const shares = softmax(scores, pool);
          const mass = (count: number): number => shares.slice(0, count).reduce((a, b) => a + b, 0);
          expect(mass(kept.length)).toBeGreaterThanOrEqual(topP - 1e-9);
          expect(mass(kept.length - 1)).toBeLessThan(topP + 1e-9);
        },
      ),
    );
  });

  it('min-p drops what is less likely than that share of the likeliest', () => {
    fc.assert(
      fc.property(scoresOf(), fc.double({ min: 0.001, max: 1, noNaN: true }), (scores, minP) => {
        const shares = softmax(scores, all(scores));
        const most = Math.max(...shares);
        const kept = new Set(candidates(scores, { minP }));
        expect(kept.has(argmax(scores))).toBe(true);
        for (const [id, share] of shares.entries()) {
          if (share / most > minP * 1.0001) expect(kept.has(id)).toBe(true);
          if (share / most < minP * 0.9999) expect(kept.has(id)).toBe(false);
        }
      }),
    );
  });

  it('nothing outside the allowed set is ever picked', () => {
    const settings = fc.record<Sampling>({
      temperature: fc.double({ min: 0, max: 3, noNaN: true }),
      topK: fc.integer({ min: 0, max: 10 }),
      topP: fc.double({ min: 0.1, max: 1, noNaN: true }),
      minP: fc.double({ min: 0, max: 1, noNaN: true }),
      repetitionPenalty: fc.double({ min: 0.5, max: 2, noNaN: true }),
      seed: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(scoresOf(2), settings, fc.infiniteStream(fc.boolean()), (scores, sampling, coins) => {
        const ids = all(scores).filter(() => coins.next().value);
        const allowed = ids.length === 0 ? [0] : ids;
        const set = setOf(allowed, scores.length);
        expect(members(set)).toEqual(allowed);
        const id = createSampler(sampling)(scores, [0, 1, 1], set);
        expect(allowed).toContain(id);
        expect(allowed).toContain(createSampler()(scores, [], set));
      }),
    );
  });

  it('the penalty makes seen tokens less likely, within its window', () => {
    const scores = Float32Array.of(2, 1.5, -1, -1.1);
    const greedy = (sampling: Sampling, seen: number[]): number =>
      createSampler({ temperature: 0, ...sampling })(scores, seen);
    expect(greedy({ repetitionPenalty: 2 }, [0])).toBe(1);
    expect(greedy({ repetitionPenalty: 2 }, [0, 0, 0])).toBe(1);
    expect(greedy({ repetitionPenalty: 2, repetitionWindow: 1 }, [0, 1])).toBe(0);
    const low = Float32Array.of(-1, -1.1);
    expect(createSampler({ temperature: 0, repetitionPenalty: 2 })(low, [0])).toBe(1);
    expect([...scores]).toEqual([2, 1.5, -1, Math.fround(-1.1)]);
  });
});

describe('the draw', () => {
  it('is the same for a seed, and greedy without settings or at temperature 0', () => {
    fc.assert(
      fc.property(scoresOf(), fc.maxSafeNat(), (scores, seed) => {
        const [a, b] = [createSampler({ seed }), createSampler({ seed })];
        for (let n = 0; n < 20; n++) expect(a(scores, [])).toBe(b(scores, []));
        expect(createSampler()(scores, [])).toBe(argmax(scores));
        expect(createSampler({ temperature: 0, seed })(scores, [])).toBe(argmax(scores));
      }),
    );
  });

  it.each<Sampling>([
    { seed: 1 },
    { seed: 2, temperature: 0.5 },
    { seed: 3, temperature: 2, topK: 4 },
    { seed: 4, temperature: 1.5, topP: 0.8 },
    { seed: 5, minP: 0.2 },
  ])('%o has the distribution of its softmax', sampling => {
    const scores = Float32Array.of(0.3, 1.2, -0.5, 2, 0.9, -1.5, 1.1);
    const ids = [...candidates(scores, sampling)];
    const expected = softmax(scores, ids, sampling.temperature ?? 1);
    const draws = 20_000;
    const counts = new Map<number, number>();
    const sampler = createSampler(sampling);
    for (let n = 0; n < draws; n++) {
      const id = sampler(scores, []);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect([...counts.keys()].every(id => ids.includes(id))).toBe(true);
    let chiSquare = 0;
    for (const [place, id] of ids.entries()) {
      const mean = draws * (expected[place] as number);
      chiSquare += ((counts.get(id) ?? 0) - mean) ** 2 / mean;
    }
    // The 99.9th percentile of chi-square with 6 degrees of freedom, which is above those with fewer.
    expect(chiSquare).toBeLessThan(22.46);
  });

  it('goes on where other logits are -Infinity', () => {
    const scores = Float32Array.of(Number.NEGATIVE_INFINITY, 1, Number.NEGATIVE_INFINITY);
    const sampler = createSampler({ topP: 0.9, topK: 2, seed: 7 });
    for (let n = 0; n < 50; n++) expect(sampler(scores, [])).toBe(1);
  });
});

it.each([
  { temperature: -1 },
  { temperature: Number.NaN },
  { topK: 1.5 },
  { topP: 0 },
  { topP: 1.1 },
  { minP: -0.1 },
  { repetitionPenalty: 0 },
  { repetitionWindow: -1 },
  { seed: -1 },
  { seed: 2 ** 60 },
] satisfies Sampling[])('refuses %o', sampling => {
  expect(() => createSampler(sampling)).toThrowError(expect.objectContaining({ code: 'engine/request' }));
});
