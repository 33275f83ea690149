// Blobs: cut and put together for every size, and the cut is known from size and count alone.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage, splitBlob, validCut } from '../../../proto/codec.js';

test('chunks of every size and limit are valid messages, and together they are the blob', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1, max: 100 }),
      (bytes, largest) => {
        const chunks = splitBlob(bytes, largest);
        for (const chunk of chunks) {
          expect(chunk.data.length).toBeLessThanOrEqual(largest);
          expect(decodeMessage('chunk', encodeMessage('chunk', chunk))).toEqual(chunk);
        }
        expect(new Uint8Array(Buffer.concat(chunks.map(chunk => chunk.data)))).toEqual(bytes);
      },
    ),
  );
});

test('a cut with an empty or too large piece is not valid', () => {
  expect(validCut(10, 7)).toBe(false);
  expect(validCut(10, 5)).toBe(true);
  expect(validCut(49_153, 1)).toBe(false);
  expect(validCut(49_153, 2)).toBe(true);
  for (const [size, count] of [
    [0, 0],
    [1, 0],
    [1, 2],
    [-1, 1],
    [1.5, 1],
    [Number.NaN, 1],
    [2 ** 40, 2 ** 30],
  ] as const) {
    expect(validCut(size, count)).toBe(false);
  }
});

test('an empty blob is refused', () => {
  expect(() => splitBlob(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'wire/oversized' }));
});
