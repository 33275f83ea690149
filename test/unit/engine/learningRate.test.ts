// Schedules of the learning rate: where they begin, turn and end, and that nothing else is accepted.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSchedule, learningRateShare } from '../../../model/engine/learningRate.js';
import type { LearningRateSchedule } from '../../../model/engine/types.js';

const decaying = fc
  .record({
    kind: fc.constantFrom('linear', 'cosine'),
    warmupSteps: fc.integer({ min: 0, max: 20 }),
    steps: fc.integer({ min: 1, max: 60 }),
    finalShare: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .filter(({ warmupSteps, steps }) => warmupSteps < steps) as fc.Arbitrary<
  Extract<LearningRateSchedule, { steps: number }>
>;

describe('learningRateShare', () => {
  test('rises to 1, falls to its end, and stays there', () => {
    fc.assert(
      fc.property(decaying, schedule => {
        checkSchedule(schedule);
        const { warmupSteps = 0, steps, finalShare = 0 } = schedule;
        const shares = Array.from({ length: steps + 5 }, (_, step) => learningRateShare(schedule, step));
        for (const [step, share] of shares.entries()) {
          const before = shares[step - 1] ?? 0;
          if (step <= warmupSteps) expect(share).toBeGreaterThanOrEqual(before);
          else expect(share).toBeLessThanOrEqual(before);
          expect(share).toBeGreaterThan(step < steps ? 0 : -1);
        }
        expect(shares[warmupSteps]).toBeCloseTo(1, 12);
        expect(shares[steps]).toBeCloseTo(finalShare, 12);
        expect(shares.at(-1)).toBeCloseTo(finalShare, 12);
      }),
    );
  });

  test('is halfway down halfway through', () => {
    for (const kind of ['linear', 'cosine'] as const)
      expect(learningRateShare({ kind, warmupSteps: 10, steps: 30, finalShare: 0.2 }, 20)).toBeCloseTo(
        0.6,
        12,
      );
    expect(learningRateShare({ kind: 'linear', steps: 4 }, 1)).toBeCloseTo(0.75, 12);
    expect(learningRateShare({ kind: 'cosine', steps: 4 }, 1)).toBeCloseTo((1 + Math.SQRT1_2) / 2, 12);
    expect(learningRateShare({ kind: 'constant', warmupSteps: 4 }, 0)).toBe(0.25);
    expect(learningRateShare({ kind: 'constant' }, 1e6)).toBe(1);
  });

  test.each<LearningRateSchedule>([
    { kind: 'linear', steps: 0 },
    { kind: 'linear', steps: 1.5 },
    { kind: 'cosine', steps: 5, warmupSteps: 6 },
    { kind: 'cosine', steps: 5, finalShare: 1.1 },
    { kind: 'cosine', steps: 5, finalShare: Number.NaN },
    { kind: 'constant', warmupSteps: -1 },
  ])('refuses %o', schedule => {
    expect(() => checkSchedule(schedule)).toThrow(expect.objectContaining({ code: 'train/invalid' }));
  });
});
