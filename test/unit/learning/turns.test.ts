// Turns on the one model: the urgent interrupts, the interrupted is done again, nothing runs beside anything.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../../platform/worker/turns.js';

const tick = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function piece(log: string[], name: string, ticks: number, signal: AbortSignal): Promise<string> {
  log.push(`${name} begins`);
  for (let i = 0; i < ticks; i++) {
    await tick();
    if (signal.aborted) {
      log.push(`${name} is interrupted`);
      throw new Error('interrupted');
    }
  }
  log.push(`${name} ends`);
  return name;
}

describe('Turns', () => {
  it('interrupts a long piece for an urgent one and does it again', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const slow = turns.run(2, signal => piece(log, 'train', 20, signal));
    await tick();
    await tick();
    const quick = turns.run(0, signal => piece(log, 'answer', 2, signal));
    expect(await Promise.all([slow, quick])).toEqual(['train', 'answer']);
    expect(log).toEqual([
      'train begins',
      'train is interrupted',
      'answer begins',
      'answer ends',
      'train begins',
      'train ends',
    ]);
  });

  it('lets nothing run at the same time, ends everything, and passes errors and cancellation on', async () => {
    const one = fc.record({
      priority: fc.integer({ min: 0, max: 2 }),
      ticks: fc.integer({ min: 0, max: 4 }),
      wait: fc.integer({ min: 0, max: 6 }),
      fate: fc.constantFrom('ends', 'throws', 'cancelled'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 12 }), async works => {
        const turns = new Turns();
        let running = 0;
        const results = await Promise.allSettled(
          works.map(async ({ priority, ticks, wait, fate }) => {
            for (let i = 0; i < wait; i++) await tick();
            const cancel = new AbortController();
            if (fate === 'cancelled') cancel.abort(new Error('cancelled'));
            return turns.run(
              priority,
              async signal => {
                running += 1;
                try {
                  if (running > 1) throw new Error('two at once');
                  await piece([], 'x', ticks, signal);
                  if (fate === 'throws') throw new Error('throws');
                  return 'ends';
                } finally {
                  running -= 1;
                }
              },
              cancel.signal,
            );
          }),
        );
        const seen = results.map(result =>
          result.status === 'fulfilled' ? result.value : result.reason.message,
        );
        expect(seen).toEqual(works.map(work => work.fate));
      }),
      { numRuns: 60 },
    );
  });
});
