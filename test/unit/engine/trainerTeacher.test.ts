// A teacher's logits beside the labels: rows of different lengths, and how much each counts.

import { expect, it } from 'vitest';
import { packRuns } from '../../../model/engine/trainerBatch.js';
import { packTeacher } from '../../../model/engine/trainerTeacher.js';

it('fills short rows with their first token, which is not counted again', () => {
  const logits = (ids: number[], ...shares: number[]) => ({ ids, logProbabilities: shares.map(Math.log) });
  const packed = packTeacher([
    { logits: logits([5, 6], 0.5, 0.25), weight: 1 },
    { logits: logits([7], 0.5), weight: 0.5 },
    { logits: undefined, weight: 0 },
  ]);
  expect(packed.width).toBe(2);
  expect([...packed.ids].map(Number)).toEqual([5, 6, 7, 7, 0, 0]);
  expect([...packed.kept]).toEqual([1, 1, 1, 0, 1, 0]);
  expect([...packed.rest]).toEqual([0.25, 0.5, 0]);
  expect([...packed.weights]).toEqual([1, 0.5, 0]);
  expect(packed.entropy[1]).toBeCloseTo(Math.log(0.5), 6);
});

it('divides a weight between cross-entropy and teacher, and leaves it whole where nobody teaches', () => {
  const teacher = [{ ids: [1], logProbabilities: [-1] }];
  const [run] = packRuns(
    [
      { prompt: [1, 2], answer: [3], weights: [0.5], teacher },
      { prompt: [1], answer: [3], weights: [0.5] },
    ],
    { maxTokens: 10, vocabulary: 10, teacher: { share: 0.25, temperature: 1 } },
  );
  expect([...(run?.weights ?? [])]).toEqual([0.375, 0.5]);
  expect([...(run?.teacher.weights ?? [])]).toEqual([0.125, 0]);
});
