// What comes again, late, or from before: each message counts once, in whatever order a session's messages come.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Counters } from '../../../coordinator/broker/counters.js';
import { type Freshness, ReplayGuard } from '../../../coordinator/inbox/replayGuard.js';
import type { Presence } from '../../../proto/messages.js';

/** The two counters that the guard keeps, as they would be on disk. */
class Kept implements Pick<Counters, 'value' | 'raise'> {
  readonly values = new Map<string, number>();
  value = (name: string, key: string): number => this.values.get(`${name} ${key}`) ?? 0;
  raise = (name: string, key: string, value: number): void => {
    if (value > this.value(name, key)) this.values.set(`${name} ${key}`, value);
  };
}

/** `refused` where the guard throws `wire/replay`; whatever else it throws fails the test. */
function outcome(ask: () => Freshness): Freshness | 'refused' {
  try {
    return ask();
  } catch (error) {
    expect(error).toMatchObject({ code: 'wire/replay' });
    return 'refused';
  }
}

const window = 256;

describe('sequences', () => {
  const messages = fc.uniqueArray(fc.integer({ min: 1, max: 2 * window }), { minLength: 1, maxLength: 60 });

  it('count once each, in any order within the window, however often they come', () => {
    const arrivals = messages
      .filter(all => Math.max(...all) - Math.min(...all) < window)
      .chain(all =>
        fc
          .array(fc.constantFrom(...all), { maxLength: 60 })
          .chain(extra => fc.shuffledSubarray([...all, ...extra], { minLength: all.length + extra.length })),
      );
    fc.assert(
      fc.property(arrivals, all => {
        const guard = new ReplayGuard(new Kept());
        const seen = new Set<number>();
        for (const sequence of all) {
          const expected = seen.has(sequence) ? 'duplicate' : 'fresh';
          expect(outcome(() => guard.sequence('d1', sequence, `hash ${sequence}`))).toBe(expected);
          seen.add(sequence);
        }
      }),
    );
  });

  it('never count twice, over any distance and over sessions and restarts', () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 1, max: 4 * window }) },
      { weight: 1, arbitrary: fc.constantFrom('session ends' as const, 'restart' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const kept = new Kept();
        let guard = new ReplayGuard(kept);
        const counted = new Set<number>();
        for (const step of steps) {
          if (step === 'session ends') guard.forget('d1');
          else if (step === 'restart') guard = new ReplayGuard(kept);
          else if (outcome(() => guard.sequence('d1', step, `hash ${step}`)) === 'fresh') {
            expect(counted).not.toContain(step);
            counted.add(step);
          }
        }
      }),
    );
  });

  it('are not used for another message, and not by another device', () => {
    const guard = new ReplayGuard(new Kept());
    expect(guard.sequence('d1', 7, 'a')).toBe('fresh');
    expect(outcome(() => guard.sequence('d1', 7, 'b'))).toBe('refused');
    expect(guard.sequence('d2', 7, 'b')).toBe('fresh');
    expect(guard.sequence('d1', 7 + window, 'c')).toBe('fresh');
    expect(outcome(() => guard.sequence('d1', 6, 'from before'))).toBe('refused');
    expect(guard.sequence('d1', 7, 'a')).toBe('duplicate');
  });
});

describe('presence', () => {
  /** A device's sessions as it sends them: a will is sealed first and comes last, births come in between. */
  const sessions = (count: number, births: number) =>
    Array.from({ length: count }, (_, s) => {
      const first = 100 * (s + 1);
      const birth = Array.from({ length: births }, (_, b) => ({ online: true, sequence: first + 1 + b }));
      return [...birth, { online: false, sequence: first }].map(one => ({ ...one, epoch: 1000 + s }));
    }).flat();
  const said = sessions(3, 3);

  it('leaves what the newest message said, whatever comes again and when', () => {
    const arrivals = fc.array(fc.nat({ max: said.length - 1 }), { maxLength: 40 });
    fc.assert(
      fc.property(arrivals, fc.nat({ max: said.length }), (extra, cut) => {
        const guard = new ReplayGuard(new Kept());
        let state: object | undefined;
        const take = (one: (typeof said)[number]): void => {
          const freshness = outcome(() => guard.presence('d1', one as unknown as Presence, one.sequence));
          if (freshness === 'fresh' || freshness === 'duplicate') state = one;
        };
        for (const one of said.slice(0, cut)) take(one);
        const before = state;
        for (const at of extra) if (at < cut) take(said[at]!);
        expect(state).toEqual(before);
        for (const one of said.slice(cut)) take(one);
        expect(state).toEqual(said.at(-1));
      }),
    );
  });

  it('refuses a birth of a session that is over, and only notes its will', () => {
    const guard = new ReplayGuard(new Kept());
    for (const one of said) guard.presence('d1', one as unknown as Presence, one.sequence);
    expect(outcome(() => guard.presence('d1', said[0] as unknown as Presence, 101))).toBe('refused');
    expect(outcome(() => guard.presence('d1', said[3] as unknown as Presence, 100))).toBe('late');
  });
});
