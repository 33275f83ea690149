// Scores over a model whose logits are all equal: what is asked of it, and how much of it at once.

import { expect, it } from 'vitest';
import type { Inference } from '../../../model/engine/inference.js';
import type { Step } from '../../../model/engine/lane.js';
import { score } from '../../../model/engine/score.js';

const vocabulary = 1 << 20;
const logits = new Float32Array(8 * vocabulary);

/** Keeps the steps that it is asked for. */
function evenModel(steps: Step[]): Inference {
  const step = async (one: Step): Promise<Float32Array> => {
    steps.push(one);
    return logits.subarray(0, (one.labels?.length ?? 1) * vocabulary);
  };
  const run = { prefill: async () => logits.subarray(0, vocabulary), step, close: () => undefined };
  return { config: { vocabulary }, capacity: 2048, checkLength: () => undefined, begin: () => run } as never;
}

it('a continuation of any length asks for 32 MiB of logits at once at most, and for each of its tokens once', async () => {
  const steps: Step[] = [];
  const continuation = Array.from({ length: 60 }, (_, index) => 100 + index);
  const [sum] = await score(evenModel(steps), { ids: [1, 2, 3], continuations: [continuation] });
  expect(sum).toBeCloseTo(-60 * Math.log(vocabulary), 6);
  expect(steps.flatMap(({ ids }) => ids)).toEqual(continuation.slice(0, -1));
  for (const [index, { ids, past, labels, tree }] of steps.entries()) {
    expect(labels).toEqual([...ids.keys()]);
    expect(ids.length * vocabulary * 4).toBeLessThanOrEqual(32 * 1024 * 1024);
    const before = 3 + steps.slice(0, index).reduce((total, step) => total + step.ids.length, 0);
    expect(past).toEqual([before]);
    expect(tree?.positions).toEqual(ids.map((_, at) => before + at));
    // Causal: each sees what stands before it, and itself.
    const width = before + ids.length;
    for (const at of ids.keys()) {
      const row = tree?.bias.subarray(at * width, (at + 1) * width);
      expect(row?.findIndex(value => value !== 0)).toBe(at + 1 < ids.length ? before + at + 1 : -1);
    }
  }
});
