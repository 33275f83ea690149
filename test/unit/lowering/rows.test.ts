// Packing by whole rows: rotations keep products, and packed rows are the matrix to half a step.

import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../core/random.js';
import { hadamard, packColumns, packRows, rotateRuns } from '../../../model/lowering/rows.js';

const random = new SeededRandom(5);
const draw = (count: number): Float32Array =>
  Float32Array.from({ length: count }, () => random.uint32() / 2 ** 31 - 1);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const room = (inputs: number, outputs: number) => ({
  quants: new Int8Array(inputs * outputs),
  scales: new Float32Array(outputs),
});

describe('rotation', () => {
  it.each([1, 2, 16, 64])('of %i keeps products and is its own inverse', size => {
    const [a, b] = [draw(128), draw(128)];
    const [turnedA, turnedB] = [a.slice(), b.slice()];
    rotateRuns(turnedA, size);
    rotateRuns(turnedB, size);
    expect(dot(turnedA, turnedB)).toBeCloseTo(dot(a, b), 4);
    rotateRuns(turnedA, size);
    turnedA.forEach((value, i) => {
      expect(value).toBeCloseTo(a[i] as number, 5);
    });
  });

  it('is what a product with the matrix gives', () => {
    const x = draw(16);
    const matrix = hadamard(16);
    const turned = x.slice();
    rotateRuns(turned, 16);
    turned.forEach((value, i) => {
      expect(value).toBeCloseTo(dot(x, matrix.subarray(i * 16, (i + 1) * 16)), 5);
    });
  });

  it('spreads what stands out', () => {
    const spike = new Float32Array(64);
    spike[9] = 8;
    rotateRuns(spike, 64);
    expect(spike.every(value => Math.abs(value) === 1)).toBe(true);
  });
});

describe('packing by rows', () => {
  it.each([
    [70, 64, 64],
    [3, 32, 8],
    [5, 7, 1],
  ])('of [%i, %i] rotated in runs of %i', (rows, columns, rotation) => {
    const values = draw(rows * columns);
    const turned = values.slice();
    rotateRuns(turned, rotation);
    const out = room(columns, rows);
    packRows(values, rows, columns, rotation, out);
    for (let row = 0; row < rows; row++) {
      const scale = out.scales[row] as number;
      for (let column = 0; column < columns; column++) {
        const packed = (out.quants[column * rows + row] as number) * scale;
        expect(Math.abs(packed - (turned[row * columns + column] as number))).toBeLessThanOrEqual(
          0.501 * scale,
        );
      }
    }
  });

  it.each([
    [64, 70, 64],
    [32, 3, 8],
    [7, 5, 1],
  ])('of the transposed of [%i, %i] rotated in runs of %i', (rows, columns, rotation) => {
    const values = draw(rows * columns);
    const transposed = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++)
      transposed[(i % columns) * rows + Math.floor(i / columns)] = values[i] as number;
    const [direct, other] = [room(rows, columns), room(rows, columns)];
    packColumns(values, columns, rotation, direct);
    packRows(transposed, columns, rows, rotation, other);
    expect(direct.scales).toEqual(other.scales);
    expect(direct.quants).toEqual(other.quants);
  });

  it('leaves rows of zeros at zero', () => {
    const out = room(4, 2);
    packRows(new Float32Array(8), 2, 4, 4, out);
    expect(out.scales.every(scale => scale === 0)).toBe(true);
    expect(out.quants.every(quant => quant === 0)).toBe(true);
  });
});
