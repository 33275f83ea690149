// The round machine under random events: any order, doubled, foreign, late; and its journal replayed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  awaits,
  contributors,
  isOver,
  pendingEffects,
  reduce,
  replay,
  unopenedRound,
} from '../../../federation/round/reduce.js';
import type { RoundEvent, RoundPlan, RoundState } from '../../../federation/round/types.js';

const cohort = ['constructor', 'pi-1', 'pi-2', 'pi-3'];
const plan = (goal: number, minimum: number): RoundPlan => ({
  task: 't',
  round: 1,
  cohort,
  goal,
  minimum,
  startRelease: '',
  openedMs: 1,
  deadlineMs: 2,
});

const arbitraryPlan = fc
  .integer({ min: 1, max: cohort.length })
  .chain(goal => fc.integer({ min: 1, max: goal }).map(minimum => plan(goal, minimum)));

const replied = (device: string, accepted: boolean, sequence: number): RoundEvent => ({
  type: 'replied',
  device,
  accepted,
  reason: accepted ? '' : 'round/declined',
  sequence,
});
const device = fc.constantFrom(...cohort, 'stranger');
const arbitraryEvent: fc.Arbitrary<RoundEvent> = fc.oneof(
  { weight: 1, arbitrary: arbitraryPlan.map(plan => ({ type: 'opened' as const, plan })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(device, fc.boolean(), fc.integer({ min: 1, max: 9 }))
      .map(([device, accepted, sequence]) => replied(device, accepted, sequence)),
  },
  {
    weight: 1,
    arbitrary: device.map(device => ({ type: 'rejected' as const, device, reason: 'round/invalid-update' })),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(device, fc.constantFrom('x', 'y')).map(([device, blob]) => ({
      type: 'received' as const,
      device,
      blob: `${device}-${blob}`,
      examples: 3,
    })),
  },
  { weight: 1, arbitrary: device.map(device => ({ type: 'revoked' as const, device })) },
  { weight: 1, arbitrary: fc.constant({ type: 'deadline' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'aggregated' as const, aggregate: 'h', files: [] }) },
  { weight: 1, arbitrary: fc.constant({ type: 'evaluated' as const, accuracy: 0.5 }) },
  { weight: 1, arbitrary: fc.constant({ type: 'released' as const, release: 'r' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'failed' as const, reason: 'engine/runtime' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'cancelled' as const, reason: '' }) },
);
const arbitraryEvents = fc.array(arbitraryEvent, { maxLength: 30 });

function run(events: readonly RoundEvent[]): { state: RoundState; journal: RoundEvent[] } {
  let state = unopenedRound;
  const journal: RoundEvent[] = [];
  for (const event of events) {
    const step = reduce(state, event);
    if (step.verdict === 'applied') journal.push(event);
    else expect(step).toMatchObject({ state, effects: [] });
    state = step.state;
  }
  return { state, journal };
}

const opened = (goal: number, minimum = 1): RoundState =>
  run([{ type: 'opened', plan: plan(goal, minimum) }]).state;
const received = (device: string, blob = 'x'): RoundEvent => ({
  type: 'received',
  device,
  blob: `${device}-${blob}`,
  examples: 3,
});

describe('the round machine', () => {
  it('comes to the same state from its journal, however often that is replayed', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryEvents, (plan, events) => {
        const { state, journal } = run([{ type: 'opened', plan }, ...events]);
        expect(replay(journal)).toEqual(state);
        expect(replay(journal.flatMap(event => [event, event]))).toEqual(state);
        expect(replay(JSON.parse(JSON.stringify(journal)))).toEqual(state);
        // What is delivered or done again, at any moment, changes nothing. A rejection is no message: the machine's own
        // caller says it once, and a device may answer again after it.
        for (let cut = 0; cut <= journal.length; cut++) {
          const again = journal.slice(0, cut).filter(({ type }) => type !== 'rejected');
          expect(run([...journal.slice(0, cut), ...again, ...journal.slice(cut)]).state).toEqual(state);
        }
      }),
    );
  });

  it('keeps its promises in every state', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryEvents, (plan, events) => {
        let state = reduce(unopenedRound, { type: 'opened', plan }).state;
        for (const event of events) {
          const step = reduce(state, event);
          const counted = contributors(step.state);
          expect(counted.length).toBeLessThanOrEqual(plan.goal);
          expect(Object.keys(step.state.devices).sort()).toEqual(cohort);
          if (step.state.phase !== state.phase) expect(step.effects).toEqual(pendingEffects(step.state));
          else expect(step.effects).toEqual([]);
          if (state.phase !== 'open') expect(counted).toEqual(contributors(state));
          if (isOver(state)) expect(step.state).toBe(state);
          if (step.state.phase === 'aggregating') expect(counted.length).toBeGreaterThanOrEqual(plan.minimum);
          for (const device of [...cohort, 'stranger']) {
            if (awaits(step.state, device)) expect(counted).not.toContain(device);
          }
          state = step.state;
        }
      }),
    );
  });

  it('counts the same updates in any order and doubling', () => {
    const all = cohort.map(device => received(device));
    const arrivals = fc
      .array(fc.constantFrom(...all), { maxLength: 12 })
      .chain(extra => fc.shuffledSubarray([...all, ...extra], { minLength: all.length + extra.length }));
    fc.assert(
      fc.property(arrivals, events => {
        const { state, journal } = run([{ type: 'opened', plan: plan(4, 4) }, ...events]);
        expect(state.phase).toBe('aggregating');
        expect(contributors(state)).toEqual(cohort);
        expect(cohort.map(device => state.devices[device]!.update)).toEqual(
          cohort.map(device => ({ blob: `${device}-x`, examples: 3 })),
        );
        expect(journal).toHaveLength(5);
      }),
    );
  });

  it('holds the newest answers, whatever order they come in and however often', () => {
    // One device never answers, so that the round stays open until the end.
    const answering = cohort.slice(1);
    const answers = answering.flatMap((device, at) =>
      [1, 2, 3, 4].map(sequence => replied(device, (sequence + at) % 2 === 0, sequence)),
    );
    const arrivals = fc
      .array(fc.constantFrom(...answers), { maxLength: 20 })
      .chain(extra =>
        fc.shuffledSubarray([...answers, ...extra], { minLength: answers.length + extra.length }),
      );
    fc.assert(
      fc.property(arrivals, events => {
        const { state } = run([{ type: 'opened', plan: plan(4, 1) }, ...events]);
        for (const [at, device] of answering.entries()) {
          const accepted = at % 2 === 0;
          expect(state.devices[device]).toEqual({
            answer: accepted ? 'accepted' : 'declined',
            reason: accepted ? '' : 'round/declined',
            answered: 4,
            update: null,
          });
        }
      }),
    );
  });

  it('refuses what is foreign, altered, late or revoked, and knows an exact duplicate even when all is over', () => {
    let state = reduce(opened(2), received('pi-1')).state;
    expect(reduce(state, received('stranger')).verdict).toBe('wire/foreign');
    expect(reduce(state, received('pi-1', 'y')).verdict).toBe('wire/replay');
    state = reduce(state, { type: 'revoked', device: 'pi-3' }).state;
    expect(reduce(state, received('pi-3')).verdict).toBe('identity/revoked');
    state = reduce(state, received('pi-2')).state;
    expect(state.phase).toBe('aggregating');
    expect(reduce(state, received('constructor')).verdict).toBe('wire/replay');
    for (const event of [
      { type: 'aggregated', aggregate: 'h', files: [] },
      { type: 'evaluated', accuracy: null },
      { type: 'released', release: 'r' },
    ] as const) {
      state = reduce(state, event).state;
    }
    expect(state).toMatchObject({
      phase: 'released',
      aggregate: 'h',
      files: [],
      release: 'r',
      accuracy: null,
    });
    expect(reduce(state, received('pi-1')).verdict).toBe('known');
    expect(reduce(state, received('pi-1', 'y')).verdict).toBe('wire/replay');
  });

  it('closes at the deadline with the minimum, and fails below it', () => {
    const one = reduce(opened(4, 2), received('pi-1')).state;
    expect(reduce(one, { type: 'deadline' }).state).toMatchObject({
      phase: 'failed',
      reason: '1 of at least 2 updates had come when the round closed',
    });
    const two = reduce(one, received('pi-2')).state;
    const step = reduce(two, { type: 'deadline' });
    expect(step.effects).toEqual([{ type: 'aggregate', devices: ['pi-1', 'pi-2'] }]);
    expect(reduce(step.state, { type: 'deadline' }).verdict).toBe('known');
  });

  it('does not wait for a deadline when nobody is left to wait for', () => {
    let state = reduce(opened(4, 2), received('pi-1')).state;
    state = reduce(state, received('pi-2')).state;
    state = reduce(state, { type: 'revoked', device: 'pi-3' }).state;
    const step = reduce(state, {
      type: 'replied',
      device: 'constructor',
      accepted: false,
      reason: 'egress/budget',
      sequence: 1,
    });
    expect(step.state.phase).toBe('aggregating');
  });

  it('drops the update of a device that is revoked while the round is open, and only then', () => {
    const one = reduce(opened(2), received('pi-1')).state;
    expect(contributors(reduce(one, { type: 'revoked', device: 'pi-1' }).state)).toEqual([]);
    const two = reduce(one, received('pi-2')).state;
    expect(contributors(reduce(two, { type: 'revoked', device: 'pi-1' }).state)).toEqual(['pi-1', 'pi-2']);
  });

  it('offers again to a device that declined, and takes its second answer', () => {
    const declined = reduce(opened(4), {
      type: 'replied',
      device: 'pi-1',
      accepted: false,
      reason: 'egress/budget',
      sequence: 1,
    }).state;
    expect(awaits(declined, 'pi-1')).toBe(true);
    const accepted = reduce(declined, replied('pi-1', true, 2)).state;
    expect(accepted.devices['pi-1']).toEqual({ answer: 'accepted', reason: '', answered: 2, update: null });
    expect(reduce(accepted, replied('pi-1', false, 1))).toEqual({
      state: accepted,
      effects: [],
      verdict: 'known',
    });
  });

  it('lets no answer from before undo that an update was rejected', () => {
    let state = reduce(opened(4), replied('pi-1', true, 1)).state;
    state = reduce(state, { type: 'rejected', device: 'pi-1', reason: 'round/invalid-update' }).state;
    expect(state.devices['pi-1']).toMatchObject({ answer: 'declined', reason: 'round/invalid-update' });
    expect(reduce(state, replied('pi-1', true, 1)).verdict).toBe('known');
    expect(reduce(state, replied('pi-1', true, 2)).verdict).toBe('applied');
  });
});
