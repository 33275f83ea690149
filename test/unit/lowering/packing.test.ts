// Packing to 8-bit blocks: what MatMulNBits will compute with is the matrix that was given, to half a step.

import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../core/random.js';
import {
  blockSize,
  blocksOf,
  type PackedBlocks,
  quantiseColumns,
  quantiseRows,
  spreadBlocks,
} from '../../../model/lowering/packing.js';

const room = (rows: number, columns: number): PackedBlocks => {
  const count = rows * blocksOf(columns);
  return {
    quants: new Uint8Array(count * blockSize),
    scales: new Float32Array(count),
    zeros: new Uint8Array(count),
  };
};

/** The value at a row and column of the packed matrix, as the kernel takes it. */
const valueAt = (packed: PackedBlocks, columns: number, row: number, column: number): number => {
  const block = row * blocksOf(columns) + Math.floor(column / blockSize);
  const quant = packed.quants[block * blockSize + (column % blockSize)] as number;
  return (packed.scales[block] as number) * (quant - (packed.zeros[block] as number));
};

const random = new SeededRandom(3);
const draw = (count: number): Float32Array =>
  Float32Array.from({ length: count }, () => random.uint32() / 2 ** 31 - 1);

describe('packing', () => {
  it.each([
    [5, 64],
    [3, 70],
    [1, 7],
  ])('quantises rows of [%i, %i], whole blocks or not', (rows, columns) => {
    const values = draw(rows * columns);
    const packed = room(rows, columns);
    quantiseRows(values, rows, columns, packed, 0);
    for (const [index, value] of values.entries()) {
      const got = valueAt(packed, columns, Math.floor(index / columns), index % columns);
      expect(Math.abs(got - value)).toBeLessThanOrEqual(1 / 254 + 1e-6);
    }
    // What fills up the last block is zero.
    if (columns % blockSize !== 0) expect(valueAt(packed, columns, 0, columns)).toBe(0);
  });

  it.each([
    [64, 5],
    [70, 3],
  ])('quantises the transposed of [%i, %i] as the transposed is quantised', (rows, columns) => {
    const values = draw(rows * columns);
    const transposed = Float32Array.from(
      values,
      (_, index) => values[(index % rows) * columns + Math.floor(index / rows)] as number,
    );
    const [one, other] = [room(columns, rows), room(columns, rows)];
    quantiseColumns(values, rows, columns, one);
    quantiseRows(transposed, columns, rows, other, 0);
    expect(one).toEqual(other);
  });

  it('keeps 8-bit blocks as they are, and spreads 4-bit ones without loss but in their zero', () => {
    const quants = Uint8Array.from({ length: 64 }, (_, index) => index % 16);
    const blocks = { quants, scales: Float32Array.of(0.5, 0.25), minimums: Float32Array.of(-4, -1.1) };
    const eight = room(2, 32);
    spreadBlocks({ bits: 8, ...blocks, minimums: Float32Array.of(-64, -32) }, eight, 0);
    expect(eight).toEqual({ quants, scales: blocks.scales, zeros: Uint8Array.of(128, 128) });
    const four = room(2, 32);
    spreadBlocks({ bits: 4, ...blocks }, four, 0);
    for (let index = 0; index < 64; index++) {
      const block = index >> 5;
      const scale = blocks.scales[block] as number;
      const wanted = scale * (quants[index] as number) + (blocks.minimums[block] as number);
      const got = valueAt(four, 32, block, index % 32);
      expect(Math.abs(got - wanted)).toBeLessThanOrEqual(scale / 34 + 1e-6);
    }
  });

  it('quantises blocks anew that no zero point can say: all above zero, or all the same', () => {
    const quants = Uint8Array.from({ length: 64 }, (_, index) => index % 16);
    const packed = room(2, 32);
    const blocks = {
      bits: 4 as const,
      quants,
      scales: Float32Array.of(0.1, 0),
      minimums: Float32Array.of(3, -2),
    };
    spreadBlocks(blocks, packed, 0);
    expect(valueAt(packed, 32, 0, 15)).toBeCloseTo(4.5, 1);
    expect(valueAt(packed, 32, 0, 0)).toBeCloseTo(3, 1);
    expect(valueAt(packed, 32, 1, 9)).toBeCloseTo(-2, 5);
  });
});
