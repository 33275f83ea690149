// Backoff: doubles, stays below its cap, and spreads.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, defaultBackoff } from '../../../agent/link/backoff.js';

test('between half of the doubled time and all of it, never past the cap', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.uint8Array({ minLength: 2, maxLength: 2 }), (attempt, bytes) => {
      const ms = backoffMs(defaultBackoff, attempt, { bytes: () => bytes });
      const ceiling = Math.min(defaultBackoff.maxMs, defaultBackoff.minMs * 2 ** Math.min(attempt, 30));
      expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
      expect(ms).toBeLessThanOrEqual(ceiling);
    }),
  );
});

test('two devices that draw differently come back at different times', () => {
  const at = (first: number) => backoffMs(defaultBackoff, 6, { bytes: () => Uint8Array.of(first, 0) });
  expect(at(255) - at(0)).toBeGreaterThan(defaultBackoff.maxMs / 3);
});
