// Dividing a long text: joined it is the same, and pieces and merges do not notice.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { beforeSpace, betweenPieces, partsOf } from '../../../model/text/parts.js';
import { type Cut, pieces } from '../../../model/text/preTokenizer.js';

const text = fc.string({
  unit: fc.constantFrom(..."aabb1.,-'\n\n\r  \t+é½🧶"),
  minLength: 1,
  maxLength: 120,
});

it.each<Cut>(['gpt2', 'smollm', 'llama3', 'qwen2', 'qwen35', 'unnamed'])(
  '%s cuts parts as it cuts the whole',
  cut => {
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 40 }), (found, most) => {
        let parts: string[];
        try {
          parts = Array.from(partsOf(Buffer.from(found), betweenPieces, most), part =>
            Buffer.from(part).toString(),
          );
        } catch {
          fc.pre(false);
          return;
        }
        expect(parts.join('')).toBe(found);
        expect(parts.flatMap(part => pieces(part, cut))).toEqual(pieces(found, cut));
      }),
      { numRuns: 2000 },
    );
  },
);

it('divides between words of one long line', () => {
  const parts = Array.from(partsOf(Buffer.from('one two three four'), betweenPieces, 10), part =>
    Buffer.from(part).toString(),
  );
  expect(parts).toEqual(['one two', ' three', ' four']);
});

it('divides before spaces only where no token goes on', () => {
  const joins = new Uint8Array(256);
  joins['.'.charCodeAt(0)] = 1;
  const parts = (found: string | Buffer): string[] =>
    Array.from(partsOf(Buffer.from(found), beforeSpace(joins), 8), part =>
      Buffer.from(part).toString('latin1'),
    );
  expect(parts('abc def ghi')).toEqual(['abc def', ' ghi']);
  expect(parts('abc def. gh')).toEqual(['abc', ' def. gh']);
  expect(() => parts('abcdefghi')).toThrow(expect.objectContaining({ code: 'engine/capacity' }));
  // A lead byte takes what follows it as its own.
  expect(() => parts(Buffer.from([0x61, 0x61, 0x61, 0xe2, 0x61, 0x20, 0x61, 0x61, 0x61]))).toThrow(
    /cannot be divided/,
  );
});
