// A trainer's state as bytes: it comes back as it was, and whatever else is given is refused by its code.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import { decodeTrainerState, encodeTrainerState } from '../../../model/engine/trainerState.js';
import type { TrainerState } from '../../../model/engine/types.js';
import { decodeSafetensors, encodeSafetensors } from '../../../model/formats/safetensors.js';

const tensor = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  values: Float32Array.from(values),
});
const counts = { loss: 2.5, weight: 3, labelWeight: 3, tokens: 9, answerTokens: 4, per: 'token' } as const;
const state: TrainerState = {
  step: 7,
  optimizer: 'adafactor',
  weights: [tensor('a.weight', 1, 2, 3), tensor('b.weight', -0)],
  memory: [tensor('columns', 4), tensor('rows', 5, 6)],
  pending: { ...counts, gradient: [tensor('a.weight', 7, 8, 9)] },
};
const more = { metadata: { request: 'mine' }, tensors: [tensor('losses', 3, 2.5)] };
const bytes = encodeTrainerState(state, more);

const refused = (damaged: Uint8Array): boolean => {
  try {
    decodeTrainerState(damaged);
    return false;
  } catch (error) {
    if (isSkeinError(error, 'checkpoint/invalid')) return true;
    throw error;
  }
};
const withMetadata = (changes: Record<string, string>): Uint8Array => {
  const { metadata, tensors } = decodeSafetensors(bytes);
  return encodeSafetensors(tensors, { ...metadata, ...changes });
};

describe('trainer state', () => {
  test('comes back as it was, with and without a gradient under way', () => {
    expect(decodeTrainerState(bytes).state).toEqual(state);
    expect(decodeTrainerState(bytes).more).toMatchObject(more);
    const between = { ...state, pending: null };
    expect(decodeTrainerState(encodeTrainerState(between)).state).toEqual(between);
  });

  test.each<[string, Record<string, string>]>([
    ['of another format', { format: 'pt' }],
    ['of another version', { version: '1' }],
    ['of an unknown optimiser', { optimizer: 'constructor' }],
    ['with a step that is no number', { step: '-1' }],
    ['with counts that are no JSON', { pending: '{' }],
    ['with counts that are null', { pending: 'null' }],
    ['with a weight of nothing', { pending: JSON.stringify({ ...counts, weight: 0 }) }],
    ['with an endless loss', { pending: '{"loss":1e999}' }],
    ['of neither tokens nor examples', { pending: JSON.stringify({ ...counts, per: 'x' }) }],
  ])('%s is refused', (_, changes) => {
    expect(refused(withMetadata(changes))).toBe(true);
  });

  test('with foreign tensors, values that are no numbers, or a gradient without counts is refused', () => {
    const { metadata, tensors } = decodeSafetensors(bytes);
    expect(refused(encodeSafetensors([...tensors, tensor('other', 1)], metadata))).toBe(true);
    expect(refused(encodeSafetensors([...tensors, tensor('memory.x', Number.NaN)], metadata))).toBe(true);
    const { pending: _, ...rest } = metadata;
    expect(refused(encodeSafetensors(tensors, rest))).toBe(true);
  });

  test('damaged anywhere gives a state or the code, nothing else', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), (changes, cut) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, by] of changes) damaged[at] = (damaged[at] as number) ^ by;
        refused(damaged);
        expect(cut === bytes.length || refused(bytes.subarray(0, cut))).toBe(true);
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refused));
  });
});
