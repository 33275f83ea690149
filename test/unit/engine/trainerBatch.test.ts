// Packing keeps every example whole and in its bounds, whatever the lengths.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causalMask, packRuns } from '../../../model/engine/trainerBatch.js';
import type { TrainingExample } from '../../../model/engine/types.js';

const ids = (maxLength: number) => fc.array(fc.nat(99), { minLength: 1, maxLength });
const batches = fc.array(fc.record({ prompt: ids(20), answer: ids(6) }), { minLength: 1, maxLength: 12 });

describe('packRuns', () => {
  test('every run is within its bounds and holds whole examples with their labels', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 25, max: 80 }), (batch, maxTokens) => {
        const found: string[] = [];
        for (const run of packRuns(batch, { maxTokens, vocabulary: 100 })) {
          expect(run.ids.length).toBeLessThanOrEqual(maxTokens);
          expect(run.examples * run.length).toBeLessThanOrEqual(Math.max(2 * maxTokens, run.length));
          for (let row = 0; row < run.examples; row++) found.push(unpack(run, row));
        }
        const expected = batch.map(example => JSON.stringify(example));
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });

  test('short examples are not padded to a long one', () => {
    const example = (length: number): TrainingExample => ({ prompt: Array(length).fill(1), answer: [2] });
    const runs = packRuns([example(100), ...Array.from({ length: 10 }, () => example(5))], {
      maxTokens: 150,
      vocabulary: 100,
    });
    expect(runs.map(run => [run.examples, run.length])).toEqual([
      [3, 100],
      [8, 5],
    ]);
  });

  test('the slots of the tokens and the places of the slots are inverse', () => {
    fc.assert(
      fc.property(batches, batch => {
        for (const { slots, places, filled } of packRuns(batch, { maxTokens: 100, vocabulary: 100 })) {
          for (const [token, place] of places.entries()) {
            expect(Number(slots[Number(place)])).toBe(token);
            expect(filled[Number(place)]).toBe(1);
          }
          expect(filled.reduce((sum, one) => sum + one, 0)).toBe(places.length);
        }
      }),
    );
  });
});

/** The example that stands in a row of slots, from the labels and the tokens alone. */
function unpack(run: ReturnType<typeof packRuns>[number], row: number): string {
  const start = row * run.length;
  const tokens = [...run.slots.slice(start, start + run.length)]
    .filter((_, i) => run.filled[start + i] === 1)
    .map(Number);
  const labels = [...run.labels].map(Number);
  const mine = [...labels.keys()].filter(index => tokens.includes(labels[index] as number));
  const answer = mine.map(index => Number(run.targets[index]));
  const prompt = tokens
    .filter(token => token <= (labels[mine[0] as number] as number))
    .map(token => run.ids[token] as number);
  const read = tokens.slice(prompt.length).map(token => run.ids[token] as number);
  expect(read).toEqual(answer.slice(0, -1));
  const example: TrainingExample = { prompt, answer };
  return JSON.stringify(example);
}

test('a query sees itself and what stands before it', () => {
  const mask = causalMask(3);
  expect([...mask].map(value => value === 0)).toEqual([
    true,
    false,
    false,
    true,
    true,
    false,
    true,
    true,
    true,
  ]);
});
