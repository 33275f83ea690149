// The optimisers against PyTorch and transformers (test/fixtures/learning.json), what they keep, and clipping by norm.

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clip,
  freshMemory,
  optimizerKinds,
  optimizerStep,
  type Segment,
} from '../../../model/engine/optimizer.js';
import type { OptimizerKind } from '../../../model/engine/types.js';

interface Steps {
  readonly ratio: number;
  readonly rate: number;
  /** A [3, 5] and B [4, 3]. */
  readonly start: readonly [number[], number[]];
  readonly gradients: readonly (readonly [number[], number[]])[];
  readonly end: readonly [number[], number[]];
}
const fixture = JSON.parse(
  await readFile(new URL('../../fixtures/learning.json', import.meta.url), 'utf8'),
) as Record<OptimizerKind, Steps>;

const segments = (ratio: number): Segment[] => [
  { offset: 0, rows: 3, columns: 5, rate: 1 },
  { offset: 15, rows: 4, columns: 3, rate: ratio },
];
const options = { learningRate: 0.01, weightDecay: 0 };

describe('optimizerStep', () => {
  test.each(optimizerKinds)('%s with a rate of its own for B is that of PyTorch', kind => {
    const { ratio, rate, start, gradients, end } = fixture[kind];
    const weights = Float32Array.from(start.flat());
    const memory = freshMemory({ kind }, segments(ratio));
    for (const [index, pair] of gradients.entries()) {
      optimizerStep({
        options: { kind },
        segments: segments(ratio),
        weights,
        gradient: Float32Array.from(pair.flat()),
        memory,
        step: index + 1,
        learningRate: rate,
        weightDecay: 0.1,
      });
    }
    for (const [i, expected] of end.flat().entries())
      expect(Math.abs((weights[i] as number) - expected)).toBeLessThan(2e-6);
  });

  test.each(optimizerKinds)('%s repeats itself bit by bit from what it keeps', kind => {
    const values = fc.float({ noNaN: true, noDefaultInfinity: true, min: -10, max: 10 });
    const gradients = fc.array(fc.array(values, { minLength: 27, maxLength: 27 }), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(gradients, fc.nat(4), (all, at) => {
        const run = (
          weights: Float32Array,
          memory: ReturnType<typeof freshMemory>,
          from: number,
          to: number,
        ) => {
          for (let step = from; step < Math.min(to, all.length); step++) {
            const gradient = Float32Array.from(all[step] as number[]);
            const given = { options: { kind }, segments: segments(2), weights, gradient, memory };
            optimizerStep({ ...given, ...options, step: step + 1 });
          }
        };
        const whole = new Float32Array(27).fill(0.5);
        run(whole, freshMemory({ kind }, segments(2)), 0, all.length);
        const torn = new Float32Array(27).fill(0.5);
        const memory = freshMemory({ kind }, segments(2));
        run(torn, memory, 0, at);
        const copy = Object.fromEntries(Object.entries(memory).map(([name, kept]) => [name, kept.slice()]));
        run(torn, copy, at, all.length);
        expect(torn).toEqual(whole);
        expect(whole.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  test('without any gradient nothing moves', () => {
    for (const kind of optimizerKinds) {
      const weights = new Float32Array(27).fill(0.5);
      const memory = freshMemory({ kind }, segments(1));
      const given = { options: { kind }, segments: segments(1), weights, memory, ...options };
      optimizerStep({ ...given, gradient: new Float32Array(27), step: 1 });
      expect([...weights]).toEqual(Array(27).fill(0.5));
    }
  });

  test('keeps two values a weight, or one a row and one a column', () => {
    const kept = (kind: OptimizerKind): Record<string, number> =>
      Object.fromEntries(
        Object.entries(freshMemory({ kind }, segments(1))).map(([name, { length }]) => [name, length]),
      );
    expect(kept('adamw')).toEqual({ first: 27, second: 27 });
    expect(kept('adafactor')).toEqual({ rows: 7, columns: 8 });
  });
});

test('clip scales to the norm, keeps the direction, and gives the norm before', () => {
  const values = fc.float({ noNaN: true, noDefaultInfinity: true, min: -10, max: 10 });
  fc.assert(
    fc.property(
      fc.array(values, { minLength: 1, maxLength: 9 }),
      fc.double({ min: 0.01, max: 5, noNaN: true }),
      (given, limit) => {
        const before = Float32Array.from(given);
        const norm = Math.sqrt(before.reduce((sum, value) => sum + value * value, 0));
        const clipped = before.slice();
        expect(clip(clipped, limit)).toBeCloseTo(norm, 6);
        const after = Math.sqrt(clipped.reduce((sum, value) => sum + value * value, 0));
        expect(after).toBeLessThanOrEqual(Math.min(norm, limit) * (1 + 1e-6));
        const factor = norm > limit ? limit / norm : 1;
        for (const [i, value] of clipped.entries())
          expect(Math.abs(value - factor * (before[i] as number))).toBeLessThan(1e-5);
        const untouched = before.slice();
        clip(untouched, 0);
        expect(untouched).toEqual(before);
      },
    ),
  );
});
