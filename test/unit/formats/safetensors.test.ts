// Safetensors files: what is written is read, and a header that lies is refused.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../core/bytes.js';
import { isSkeinError } from '../../../core/errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../../model/formats/safetensors.js';
import { quantise } from '../../helpers/quantise.js';

const tensors = [
  { name: 'b', shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, -0, 1e-30) },
  { name: 'a', shape: [1], values: Float32Array.of(7) },
  { name: 'Z', shape: [], values: Float32Array.of(5) },
  { name: 'empty', shape: [0, 4], values: new Float32Array(0) },
];

/** A file by hand. */
function raw(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = typeof header === 'string' ? utf8(header) : utf8(JSON.stringify(header));
  return new Uint8Array(
    Buffer.concat([new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer), json, data]),
  );
}

const entry = (dtype: string, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });

describe('safetensors', () => {
  it('reads what it wrote, in name order', () => {
    const file = encodeSafetensors(tensors, { format: 'pt' });
    const { metadata, tensors: back } = decodeSafetensors(file);
    expect(metadata).toEqual({ format: 'pt' });
    expect(back.map(({ name }) => name)).toEqual(['Z', 'a', 'b', 'empty']);
    for (const tensor of back) expect(tensor).toEqual(tensors.find(({ name }) => name === tensor.name));
  });

  it('rounds to the nearest, and halves to even', () => {
    // In bfloat16 the step at 1 is 2^-7, in half precision 2^-10.
    for (const [dtype, step] of [
      ['BF16', 2 ** -7],
      ['F16', 2 ** -10],
    ] as const) {
      const values = Float32Array.from(
        [0.5, 1.5, 2.5, 0.51, 1.49, -0.5, -1.5],
        steps => (steps < 0 ? -1 : 1) + steps * step,
      );
      const file = encodeSafetensors([{ name: 'x', shape: [values.length], values }], {}, dtype);
      const found = decodeSafetensors(file).tensors[0]?.values ?? [];
      const expected = [0, 2, 2, 1, 1, -0, -2].map(
        steps => (steps < 0 || Object.is(steps, -0) ? -1 : 1) + steps * step,
      );
      expect([...found]).toEqual(expected);
    }
  });

  it('refuses bytes between two tensors that belong to neither', () => {
    const gap = { a: entry('F32', [1], [0, 4]), b: entry('F32', [1], [8, 12]) };
    expect(() => decodeSafetensors(raw(gap, new Uint8Array(12)))).toThrow(
      expect.objectContaining({ code: 'safetensors/invalid', message: expect.stringContaining('gap') }),
    );
  });

  it('gives the same bytes whatever the order, aligned for 8', () => {
    const file = encodeSafetensors(tensors, { x: '1', format: 'pt' });
    expect(encodeSafetensors(tensors.toReversed(), { format: 'pt', x: '1' })).toEqual(file);
    expect(new DataView(file.buffer).getUint32(0, true) % 8).toBe(0);
  });

  it('reads F16 and BF16', () => {
    const data = new Uint8Array([
      ...quantise('F16', Float32Array.of(1.5, -2)),
      ...quantise('BF16', Float32Array.of(3)),
    ]);
    const { tensors: back } = decodeSafetensors(
      raw({ h: entry('F16', [2], [0, 4]), b: entry('BF16', [1], [4, 6]) }, data),
    );
    expect(back.map(({ values }) => [...values])).toEqual([[3], [1.5, -2]]);
  });

  it('reads a file that the Python library wrote', () => {
    const { tensors: back } = decodeSafetensors(
      readFileSync(new URL('../../fixtures/lora-gradients.safetensors', import.meta.url)),
    );
    expect(back).toHaveLength(12);
    expect(back[0]).toMatchObject({ name: 'layers.0.self_attn.q_proj.lora_A', shape: [8, 576] });
    expect(Math.hypot(...(back[0]?.values ?? []))).toBeGreaterThan(0);
  });

  const four = new Uint8Array(4);
  it.each<[string, Uint8Array]>([
    ['an empty file', new Uint8Array(0)],
    ['a header past the end', new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255])],
    ['a header that is no JSON', raw('{')],
    ['a header that is a list', raw('[]')],
    ['metadata that are no texts', raw({ __metadata__: { a: 1 } })],
    ['an entry that is no object', raw({ a: 1 })],
    ['an unknown type', raw({ a: entry('I64', [1], [0, 8]) }, new Uint8Array(8))],
    ['a type that every object has', raw({ a: entry('toString', [1], [0, 4]) }, four)],
    ['a negative dimension', raw({ a: entry('F32', [-1, -1], [0, 4]) }, four)],
    ['half a dimension', raw({ a: entry('F32', [0.5, 2], [0, 4]) }, four)],
    ['too many dimensions', raw({ a: entry('F32', [1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 4]) }, four)],
    ['a product that overflows', raw({ a: entry('F32', [2 ** 50, 2 ** 50], [0, 4]) }, four)],
    ['offsets past the end', raw({ a: entry('F32', [2], [0, 8]) }, four)],
    ['offsets in the wrong order', raw({ a: entry('F32', [1], [4, 0]) }, four)],
    ['a shape that does not fit', raw({ a: entry('F32', [2], [0, 4]) }, four)],
    ['tensors that overlap', raw({ a: entry('F32', [1], [0, 4]), b: entry('F32', [1], [0, 4]) }, four)],
    ['a gap', raw({ a: entry('F32', [1], [4, 8]) }, new Uint8Array(8))],
    ['bytes that belong to nobody', raw({ a: entry('F32', [1], [0, 4]) }, new Uint8Array(8))],
  ])('refuses %s', (_, file) => {
    expect(() => decodeSafetensors(file)).toThrow(expect.objectContaining({ code: 'safetensors/invalid' }));
  });

  it('refuses to write values that do not fill their shape', () => {
    expect(() => encodeSafetensors([{ name: 'a', shape: [2], values: Float32Array.of(1) }])).toThrow(
      RangeError,
    );
  });

  it('gives typed errors only', () => {
    const whole = encodeSafetensors(tensors, { format: 'pt' });
    const mutated = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map(changes => {
        const copy = whole.slice();
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    const json = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          dtype: fc.constantFrom('F32', 'F16', 'X'),
          shape: fc.array(fc.integer()),
          data_offsets: fc.array(fc.integer()),
        }),
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          mutated,
          json.map(header => raw(header, four)),
        ),
        file => {
          try {
            decodeSafetensors(file);
          } catch (error) {
            expect(isSkeinError(error, 'safetensors/invalid'), String(error)).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
