// A few thousand damaged files (npm run fuzz does many more): each is used whole or refused with one of the codes that may
// be, in bounded memory.

import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/run.js';

it('damaged files are used or refused, and nothing else', async () => {
  const { outcomes, runs, failures } = await fuzz({ seed: 2, first: 0, count: 3_000, runEvery: 60 });
  expect(failures).toEqual([]);
  for (const [subject, { used = 0, ...refused }] of Object.entries(outcomes)) {
    // Damage that is never noticed, or that nothing gets past, would test little.
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
    expect([subject, used > 20, refusals > 150]).toEqual([subject, true, true]);
  }
  expect(runs.used).toBeGreaterThan(2);
});
