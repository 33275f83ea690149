// Tensor types: decoding against blocks worked out by hand and against the gguf package (bench/reference/blocks.py), and
// encoding against decoding.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlocks, dequantise } from '../../../model/formats/blocks.js';
import { blockTypes, ggufTypes, type ReadableType, readableTypes } from '../../../model/formats/ggufTypes.js';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfTable } from '../../../model/formats/halves.js';
import { quantise } from '../../helpers/quantise.js';

const half = (value: number): number[] => [...new Uint8Array(Uint16Array.of(floatToHalf(value)).buffer)];
/** Byte i has lower half i and upper half 15 - i. */
const nibbles = Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4));
const ramp = Array.from({ length: 32 }, (_, i) => (i < 16 ? i : 31 - i));

describe('halves', () => {
  it('follow IEEE 754', () => {
    const known: [number, number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x0001, 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
    ];
    for (const [bits, value] of known) expect([halfTable()[bits], floatToHalf(value)]).toEqual([value, bits]);
    expect(floatToHalf(65520)).toBe(0x7c00);
    expect(floatToHalf(65519)).toBe(0x7bff);
    expect(floatToHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(floatToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(floatToHalf(2 ** -25)).toBe(0);
    expect(floatToHalf(-(2 ** -25) * 1.5)).toBe(0x8001);
  });

  it('come back from every bit pattern', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = halfTable()[bits] as number;
      if (Number.isNaN(value)) expect(Number.isNaN(halfTable()[floatToHalf(value)] as number)).toBe(true);
      else expect(floatToHalf(value)).toBe(bits);
      const brain = bfloatToFloat(bits);
      if (!Number.isNaN(brain)) expect(floatToBfloat(brain)).toBe(bits);
    }
  });
});

describe('decodeBlocks', () => {
  it('decodes Q4_0, Q4_1 and Q8_0', () => {
    const q40 = decodeBlocks('Q4_0', new Uint8Array([...half(0.5), ...nibbles]));
    expect(q40).toEqual({
      bits: 4,
      quants: Uint8Array.from(ramp),
      scales: Float32Array.of(0.5),
      minimums: Float32Array.of(-4),
    });
    const q41 = decodeBlocks('Q4_1', new Uint8Array([...half(0.25), ...half(-1.5), ...nibbles]));
    expect(q41).toEqual({
      bits: 4,
      quants: Uint8Array.from(ramp),
      scales: Float32Array.of(0.25),
      minimums: Float32Array.of(-1.5),
    });
    const signed = Array.from({ length: 32 }, (_, i) => (i * 8 - 128) & 255);
    const q80 = decodeBlocks('Q8_0', new Uint8Array([...half(2), ...signed]));
    expect(q80.quants).toEqual(Uint8Array.from({ length: 32 }, (_, i) => i * 8));
    expect(q80.minimums).toEqual(Float32Array.of(-256));
  });

  it('agrees with dequantise', () => {
    expect(dequantise('Q4_1', new Uint8Array([...half(0.25), ...half(-1.5), ...nibbles]))).toEqual(
      Float32Array.from(ramp, q => 0.25 * q - 1.5),
    );
  });

  it('refuses half blocks and types without a decoder', () => {
    expect(() => decodeBlocks('Q8_0', new Uint8Array(33))).toThrow(
      expect.objectContaining({ code: 'gguf/invalid' }),
    );
    expect(() => dequantise('F32', new Uint8Array(3))).toThrow(
      expect.objectContaining({ code: 'gguf/invalid' }),
    );
    for (const type of readableTypes) {
      for (const bytes of [ggufTypes[type].bytes - 1, ggufTypes[type].bytes + 1]) {
        expect(() => dequantise(type, new Uint8Array(bytes))).toThrow(
          expect.objectContaining({ code: 'gguf/invalid' }),
        );
      }
    }
    expect(() => dequantise('Q3_K', new Uint8Array(110))).toThrow(
      expect.objectContaining({ code: 'gguf/unsupported' }),
    );
  });
});

describe('every block type', () => {
  type Fixture = Readonly<Record<string, { readonly bytes: string; readonly values: string }>>;
  const file = new URL('../../fixtures/blocks.json', import.meta.url);
  const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
  const decoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

  it.each(Object.keys(fixture) as ReadableType[])('%s is what the gguf package reads, bit for bit', type => {
    const { bytes, values } = fixture[type] as Fixture[string];
    // Zero has two signs; which one a product of integers gives is not the format's.
    const plain = (array: Float32Array): Float32Array => array.map(value => value + 0);
    expect(plain(dequantise(type, decoded(bytes)))).toEqual(plain(new Float32Array(decoded(values).buffer)));
  });

  it('is in the fixture', () => {
    const plain = ['F32', 'F16', 'BF16'];
    expect(Object.keys(fixture).sort()).toEqual(readableTypes.filter(type => !plain.includes(type)).sort());
  });

  it.each(blockTypes)('%s has quants within its bits', type => {
    const blocks = decodeBlocks(type, decoded((fixture[type] as Fixture[string]).bytes));
    expect(Math.max(...blocks.quants)).toBeLessThan(2 ** blocks.bits);
    expect(blocks.quants).toHaveLength(blocks.scales.length * 32);
    expect(blocks.minimums).toHaveLength(blocks.scales.length);
  });
});

describe('quantise', () => {
  /** Largest error as a share of the block's range. */
  const tolerance: Readonly<Record<ReadableType, number>> = {
    F32: 0,
    F16: 6e-4,
    BF16: 5e-3,
    Q8_0: 0.005,
    Q6_K: 0.04,
    Q5_0: 0.07,
    Q5_K: 0.04,
    Q4_1: 0.035,
    Q4_K: 0.08,
    Q4_0: 0.13,
  };
  it.each(readableTypes)('%s comes back within its step', type => {
    const size = Math.max(64, ggufTypes[type].values);
    // Blocks that share their scales are as coarse as the largest of them asks for.
    const shared = Math.max(32, ggufTypes[type].values);
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: size, maxLength: size }),
        list => {
          const values = Float32Array.from(list);
          const back = dequantise(type, quantise(type, values));
          expect(back).toHaveLength(size);
          for (let block = 0; block < size; block += shared) {
            const part = values.subarray(block, block + shared);
            const range = Math.max(...part.map(Math.abs));
            for (let i = 0; i < shared; i++) {
              const off = Math.abs((back[block + i] as number) - (part[i] as number));
              if (off > range * 2 * tolerance[type] + 1e-5 * Math.sign(tolerance[type]))
                throw new Error(`${part[i]} came back as ${back[block + i]}`);
            }
          }
        },
      ),
    );
  });
});
