// Row order of query and key matrices between Hugging Face and GGUF.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ggufToHuggingFace, huggingFaceToGguf } from '../../../model/formats/rotaryRows.js';

it('interleaves the two halves of each head', () => {
  const rows = Float32Array.from({ length: 8 }, (_, i) => i);
  expect([...huggingFaceToGguf(rows, 8, 2)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  expect([...huggingFaceToGguf(Float32Array.from([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]), 4, 1)]).toEqual([
    0, 0.5, 2, 2.5, 1, 1.5, 3, 3.5,
  ]);
});

it('is undone by its inverse', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 5 }),
      (heads, half, columns) => {
        const rows = heads * half * 2;
        const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
        expect(ggufToHuggingFace(huggingFaceToGguf(values, rows, heads), rows, heads)).toEqual(values);
      },
    ),
  );
});

it('keeps rotated attention scores as they are', () => {
  const [heads, size] = [2, 6];
  const rows = heads * size;
  const q = Float32Array.from({ length: rows }, (_, i) => Math.sin(i + 1));
  const angle = (i: number): number => 0.7 / (i + 1);
  const rotateHalf = (x: Float32Array): number[] =>
    Array.from(x, (v, row) => {
      const [i, start] = [row % size, row - (row % size)];
      const pair = i % (size / 2);
      const other = x[start + ((i + size / 2) % size)] as number;
      return v * Math.cos(angle(pair)) + (i < size / 2 ? -1 : 1) * other * Math.sin(angle(pair));
    });
  const rotatePairs = (x: Float32Array): number[] =>
    Array.from(x, (v, row) => {
      const pair = (row % size) >> 1;
      return (
        v * Math.cos(angle(pair)) + (row % 2 === 0 ? -1 : 1) * (x[row ^ 1] as number) * Math.sin(angle(pair))
      );
    });
  const pairs = rotatePairs(huggingFaceToGguf(q, rows, heads));
  const halves = huggingFaceToGguf(Float32Array.from(rotateHalf(q)), rows, heads);
  for (const [row, value] of pairs.entries()) expect(value).toBeCloseTo(halves[row] as number, 6);
});
