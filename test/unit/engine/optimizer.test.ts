// AdamW against the published update written out in full, and clipping by norm.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adamStep, clip } from '../../../model/engine/optimizer.js';

const values = fc.float({ noNaN: true, noDefaultInfinity: true, min: -10, max: 10 });
const pairs = fc.array(fc.tuple(values, values), { minLength: 1, maxLength: 8 });
const options = { learningRate: 0.01, weightDecay: 0.1, betas: [0.9, 0.999], epsilon: 1e-8 } as const;

describe('adamStep', () => {
  test('is the update of the paper, with decoupled decay and corrected moments', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 20 }), (start, steps) => {
        const weights = Float32Array.from(start, ([weight]) => weight);
        const gradient = Float32Array.from(start, ([, g]) => g);
        const moments = { first: new Float32Array(start.length), second: new Float32Array(start.length) };
        const expected = start.map(([weight]) => ({ weight, m: 0, v: 0 }));
        for (let step = 1; step <= steps; step++) {
          adamStep(weights, gradient, moments, step, options);
          for (const [i, one] of expected.entries()) {
            const g = gradient[i] as number;
            one.m = 0.9 * one.m + 0.1 * g;
            one.v = 0.999 * one.v + 0.001 * g ** 2;
            const update = one.m / (1 - 0.9 ** step) / (Math.sqrt(one.v / (1 - 0.999 ** step)) + 1e-8);
            one.weight = one.weight - 0.01 * 0.1 * one.weight - 0.01 * update;
          }
        }
        for (const [i, { weight }] of expected.entries()) {
          expect(Math.abs((weights[i] as number) - weight)).toBeLessThan(1e-4 * (1 + Math.abs(weight)));
        }
      }),
    );
  });

  test('the first step moves every weight by the rate, against the sign of its gradient', () => {
    const weights = Float32Array.of(1, 1);
    const moments = { first: new Float32Array(2), second: new Float32Array(2) };
    adamStep(weights, Float32Array.of(1e-3, -50), moments, 1, { ...options, weightDecay: 0 });
    expect(weights[0]).toBeCloseTo(0.99, 5);
    expect(weights[1]).toBeCloseTo(1.01, 5);
  });
});

describe('clip', () => {
  test('brings the norm down to the bound and tells the norm before', () => {
    const gradient = Float32Array.of(3, 4);
    expect(clip(gradient, 1)).toBe(5);
    expect(Math.hypot(...gradient)).toBeCloseTo(1, 6);
  });

  test('leaves a small gradient as it is, and any where there is no bound', () => {
    const gradient = Float32Array.of(3, 4);
    clip(gradient, 6);
    clip(gradient, 0);
    expect([...gradient]).toEqual([3, 4]);
  });
});
