// The update's encoding: exact values back, and every inconsistency refused.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SkeinError } from '../../../core/errors.js';
import { decodeUpdate, encodeUpdate } from '../../../proto/codec.js';
import { skein } from '../../../proto/gen/skein.js';
import type { Update } from '../../../proto/messages.js';

const update: Update = {
  nonce: new Uint8Array(16).fill(1),
  examples: 60,
  startRelease: '',
  tensors: [
    {
      name: 'model.layers.0.self_attn.q_proj.lora_A.weight',
      shape: [2, 3],
      values: Float32Array.of(1, -2, 3.5, 0, -0, 1e-40),
    },
    { name: 'model.layers.0.self_attn.q_proj.lora_B.weight', shape: [1, 1], values: Float32Array.of(7) },
  ],
};

test('float32 values come back bit by bit, also from an odd place in memory', () => {
  const bytes = encodeUpdate(update);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  for (const source of [bytes, shifted.subarray(1)]) expect(decodeUpdate(source)).toEqual(update);
  expect(Object.is(decodeUpdate(bytes).tensors[0]?.values[4], -0)).toBe(true);
});

const raw = (over: object): Uint8Array =>
  skein.Update.encode({
    ...update,
    tensors: [{ name: 'a', shape: [2], values: new Uint8Array(8) }],
    ...over,
  }).finish();
const bits = (...words: number[]): Uint8Array => new Uint8Array(Uint32Array.of(...words).buffer);

test.each<[string, object]>([
  ['no tensors', { tensors: [] }],
  ['no examples', { examples: 0 }],
  ['no nonce', { nonce: new Uint8Array(0) }],
  ['a start release that is no hash', { startRelease: '../x' }],
  ['a shape of another size', { tensors: [{ name: 'a', shape: [3], values: new Uint8Array(8) }] }],
  [
    'a shape whose product overflows',
    { tensors: [{ name: 'a', shape: [65_536, 65_536, 65_536, 65_536], values: new Uint8Array(8) }] },
  ],
  ['a dimension of zero', { tensors: [{ name: 'a', shape: [0], values: new Uint8Array(0) }] }],
  ['no shape', { tensors: [{ name: 'a', shape: [], values: new Uint8Array(4) }] }],
  ['half a value', { tensors: [{ name: 'a', shape: [1], values: new Uint8Array(5) }] }],
  ['NaN', { tensors: [{ name: 'a', shape: [1], values: bits(0x7fc0_0000) }] }],
  ['infinity', { tensors: [{ name: 'a', shape: [1], values: bits(0xff80_0000) }] }],
  ['a name twice', { tensors: [0, 1].map(() => ({ name: 'a', shape: [1], values: new Uint8Array(4) })) }],
  [
    'names out of order',
    { tensors: ['b', 'a'].map(name => ({ name, shape: [1], values: new Uint8Array(4) })) },
  ],
  ['a name that is a path', { tensors: [{ name: '../a/b', shape: [1], values: new Uint8Array(4) }] }],
  [
    'too many tensors',
    {
      tensors: Array.from({ length: 4097 }, (_, i) => ({
        name: `t${10_000 + i}`,
        shape: [1],
        values: new Uint8Array(4),
      })),
    },
  ],
])('refused: %s', (_, over) => {
  expect(() => decodeUpdate(raw(over))).toThrow(expect.objectContaining({ code: 'round/invalid-update' }));
});

test('a device does not encode what the coordinator would refuse', () => {
  const tensors = [{ name: 'a', shape: [1], values: Float32Array.of(Number.NaN) }];
  expect(() => encodeUpdate({ ...update, tensors })).toThrow(
    expect.objectContaining({ code: 'round/invalid-update' }),
  );
  expect(() => decodeUpdate(encodeUpdate(update), 10)).toThrow(
    expect.objectContaining({ code: 'wire/oversized' }),
  );
});

test('arbitrary and altered bytes give typed errors only', () => {
  const whole = encodeUpdate(update);
  const altered = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
    const bytes = Uint8Array.from(whole);
    bytes[at] = (bytes[at] as number) ^ flip;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), altered), bytes => {
      try {
        decodeUpdate(bytes);
      } catch (error) {
        if (!(error instanceof SkeinError)) throw error;
        expect(['wire/malformed', 'round/invalid-update']).toContain(error.code);
      }
    }),
    { numRuns: 2000 },
  );
});
