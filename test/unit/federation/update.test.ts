// An update is held against nonce, start, count, names, shapes and finite values; what travels depends on the mode.
import { describe, expect, it } from 'vitest';
import { checkUpdate, maxExamples, type UpdateExpectation } from '../../../federation/update/check.js';
import { countValues, updateTensors } from '../../../federation/update/shape.js';
import type { Update } from '../../../proto/messages.js';

const nonce = Uint8Array.of(1, 2, 3);
const adapter = [
  { name: 'model.layers.0.self_attn.q_proj.lora_A.weight', shape: [2, 3] },
  { name: 'model.layers.0.self_attn.q_proj.lora_B.weight', shape: [4, 2] },
];
const expected: UpdateExpectation = { nonce, startRelease: 'r', tensors: adapter };
const good: Update = {
  nonce,
  startRelease: 'r',
  examples: 7,
  tensors: adapter.map(({ name, shape }) => ({
    name,
    shape,
    values: new Float32Array(shape[0]! * shape[1]!),
  })),
};
const [a, b] = good.tensors as [Update['tensors'][number], Update['tensors'][number]];

describe('checkUpdate', () => {
  it('takes one that fits', () => {
    expect(() => checkUpdate(good, expected)).not.toThrow();
  });

  it.each<[string, Partial<Update>]>([
    ['another nonce', { nonce: Uint8Array.of(1, 2) }],
    ['another start', { startRelease: '' }],
    ['no examples', { examples: 0 }],
    ['half an example', { examples: 1.5 }],
    ['more examples than there can be', { examples: maxExamples + 1 }],
    ['a missing tensor', { tensors: [a] }],
    ['a tensor too many', { tensors: [a, b, b] }],
    ['another order', { tensors: [b, a] }],
    ['another name', { tensors: [a, { ...b, name: `${b.name}x` }] }],
    ['a transposed shape', { tensors: [a, { ...b, shape: [2, 4] }] }],
    ['fewer values than the shape says', { tensors: [a, { ...b, values: new Float32Array(7) }] }],
    ['a NaN', { tensors: [a, { ...b, values: new Float32Array(8).fill(Number.NaN, 7) }] }],
    ['an infinity', { tensors: [{ ...a, values: new Float32Array(6).fill(-Infinity, 5) }, b] }],
  ])('refuses %s', (_, change) => {
    expect(() => checkUpdate({ ...good, ...change }, expected)).toThrow(
      expect.objectContaining({ code: 'round/invalid-update' }),
    );
  });
});

describe('updateTensors', () => {
  it('carries both matrices, or B alone where A is frozen', () => {
    expect(updateTensors('lora', adapter)).toEqual(adapter);
    expect(updateTensors('ffa', adapter)).toEqual([adapter[1]]);
    expect(countValues(adapter)).toBe(14);
  });
});
