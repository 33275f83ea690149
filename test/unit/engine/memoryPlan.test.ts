// Memory plans: what is counted, that every run of a plan stays within it, and what a too small budget is told.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import { readConfig } from '../../../model/architecture/config.js';
import { decoderGraph } from '../../../model/architecture/decoder.js';
import { layeredCounts, liveBytes, liveCounts } from '../../../model/engine/memoryModel.js';
import { estimateMemory, type MemorySubject, planTraining } from '../../../model/engine/memoryPlan.js';
import { packRuns, runShape } from '../../../model/engine/trainerBatch.js';
import type { TrainingExample } from '../../../model/engine/types.js';
import type { AdapterShape } from '../../../proto/messages.js';
import { tinyHeader } from '../architecture/tinyHeader.js';

const config = readConfig(tinyHeader());
const shape: AdapterShape = { mode: 'lora', rank: 2, alpha: 4, targets: ['q', 'v'] };
const subject: MemorySubject = { config, arithmetic: 'fast', options: { shape } };

const lengths = fc.record({
  prompt: fc.integer({ min: 1, max: 300 }),
  answer: fc.integer({ min: 1, max: 40 }),
});
const example = ({ prompt, answer }: { prompt: number; answer: number }): TrainingExample => ({
  prompt: Array<number>(prompt).fill(1),
  answer: Array<number>(answer).fill(2),
});
const examples = fc.array(lengths.map(example), { minLength: 1, maxLength: 25 });

describe('liveCounts', () => {
  const run = (tokens: number, labels = 1) => ({ tokens, labels, slots: tokens, pairs: tokens * tokens });
  const bytes = (adapter: AdapterShape, ...of: Parameters<typeof run>): number =>
    liveBytes(liveCounts(decoderGraph(config, adapter)), run(...of));

  test('holds at least the residual stream and what attention keeps', () => {
    const floor = 4 * (50 * config.hidden * config.layers.length + 50 * 50 * 2 * config.layers.length);
    expect(bytes(shape, 50)).toBeGreaterThan(floor);
    expect(bytes(shape, 50)).toBeLessThan(20 * floor);
  });

  test('grows with tokens, labels and what is trained', () => {
    expect(bytes(shape, 60)).toBeGreaterThan(bytes(shape, 50));
    expect(bytes(shape, 50, 500)).toBeGreaterThan(bytes(shape, 50) + 4 * 499 * config.vocabulary);
    const all: AdapterShape = { ...shape, targets: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] };
    expect(bytes(all, 50)).toBeGreaterThan(bytes(shape, 50));
  });

  test('is less where layers are computed again', () => {
    const whole = decoderGraph(config, shape);
    const one = decoderGraph({ ...config, layers: config.layers.slice(-1) }, shape);
    const layered = liveBytes(layeredCounts(whole, one), run(50));
    expect(layered).toBeLessThan(liveBytes(liveCounts(whole), run(50)));
    expect(layered).toBeGreaterThan(4 * 50 * config.hidden * config.layers.length);
  });
});

describe('planTraining', () => {
  const { baseBytes, runBytes } = estimateMemory(subject);

  test('no run of any batch takes more than the budget', () => {
    fc.assert(
      fc.property(examples, fc.integer({ min: 1, max: 60 }), (given, percent) => {
        const least = leastOf(given);
        const budget = least + (percent * least) / 100;
        const plan = planTraining(subject, given, budget);
        expect(plan.estimatedBytes).toBeLessThanOrEqual(budget);
        expect(plan.text).toContain(`at most ${plan.maxTokensPerRun} tokens`);
        const batch = given.filter((_, index) => index % 2 === 0);
        const runs = packRuns(batch, {
          maxTokens: plan.maxTokensPerRun,
          vocabulary: config.vocabulary,
          fits: run => runBytes(run, plan.recompute) <= plan.runBytes,
        });
        for (const { members } of runs) {
          const run = runShape(members.map(index => batch[index] as TrainingExample));
          expect(baseBytes + runBytes(run, plan.recompute)).toBeLessThanOrEqual(budget);
        }
      }),
    );
  });

  test('with memory enough, runs are as large as they are without a plan', () => {
    fc.assert(
      fc.property(examples, given => {
        const largest = (runs: readonly { ids: readonly number[] }[]): number =>
          Math.max(...runs.map(({ ids }) => ids.length));
        const free = largest(packRuns(given, { maxTokens: 512, vocabulary: config.vocabulary }));
        expect(planTraining(subject, given, 1e12).maxTokensPerRun).toBe(free);
        expect(planTraining(subject, given, leastOf(given)).maxTokensPerRun).toBeLessThanOrEqual(512);
      }),
    );
  });

  test('computes again only where that must be, or is asked for', () => {
    const given = [example({ prompt: 200, answer: 30 })];
    // With few layers there is little to compute again.
    const layers = Array.from({ length: 16 }, () => config.layers[0] as (typeof config.layers)[number]);
    const deep = { ...subject, config: { ...config, layers } };
    const least = leastOf(given, 0, deep);
    expect(planTraining(deep, given, least).recompute).toBe('layers');
    expect(planTraining(deep, given, 1e12).recompute).toBe('none');
    const asked = { ...deep, options: { shape, recompute: 'layers' as const } };
    expect(planTraining(asked, given, 1e12).recompute).toBe('layers');
  });

  test('says the least that would do, and that does', () => {
    const given = [example({ prompt: 20, answer: 3 }), example({ prompt: 200, answer: 30 })];
    const least = leastOf(given);
    expect(planTraining(subject, given, least).longestExample).toBe(229);
    expect(leastOf(given.slice(0, 1))).toBeLessThan(least);
    expect(leastOf(given, 1e6)).toBeGreaterThanOrEqual(least + 1e6);
    expect(leastOf(given, 1e6)).toBeLessThan(least + 1.1e6);
  });

  test('of nothing is nothing', () => {
    expect(() => planTraining(subject, [], 1e12)).toThrow(expect.objectContaining({ code: 'record/none' }));
  });
});

/** What the error of a budget of 1 byte names. */
function leastOf(given: readonly TrainingExample[], reserved = 0, of = subject): number {
  try {
    planTraining(of, given, 1, reserved);
  } catch (error) {
    if (isSkeinError(error, 'train/memory')) return error.data.leastBytes as number;
    throw error;
  }
  throw new Error('One byte was enough.');
}
