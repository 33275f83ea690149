// The round machine: (state, event) -> state, effects. Pure; the journal of applied events is the whole memory.

import type { ErrorCode } from '../../core/errors.js';
import { compareText } from '../order.js';
import type { RoundDevice, RoundEffect, RoundEvent, RoundPhase, RoundState, Step } from './types.js';

export const unopenedRound: RoundState = {
  phase: 'unopened',
  plan: null,
  devices: {},
  aggregate: '',
  files: [],
  accuracy: null,
  release: '',
  reason: '',
};

const over: ReadonlySet<RoundPhase> = new Set(['released', 'failed', 'cancelled']);

export const isOver = (state: RoundState): boolean => over.has(state.phase);

/** The state that a journal leads to. An event that came twice in a row counts once. */
export const replay = (events: readonly RoundEvent[]): RoundState =>
  events.reduce((state, event) => reduce(state, event).state, unopenedRound);

export function reduce(state: RoundState, event: RoundEvent): Step {
  switch (event.type) {
    case 'opened': {
      if (state.phase !== 'unopened') return known(state);
      const fresh: RoundDevice = { answer: 'offered', reason: '', answered: 0, update: null };
      const devices = Object.fromEntries(event.plan.cohort.map(device => [device, fresh]));
      return moved({ ...state, phase: 'open', plan: event.plan, devices });
    }
    case 'replied': {
      const device = deviceOf(state, event.device);
      if (device === undefined) return refused(state, 'wire/foreign');
      if (device.answer === 'revoked') return refused(state, 'identity/revoked');
      const answer = event.accepted ? 'accepted' : 'declined';
      const { reason, sequence: answered } = event;
      // A device may change its mind, and the newest answer holds, also where an older one comes again after it.
      if (device.update !== null || answered <= device.answered) return known(state);
      if (state.phase !== 'open')
        return device.answer === answer && device.reason === reason
          ? known(state)
          : refused(state, 'wire/replay');
      return settled(withDevice(state, event.device, { ...device, answer, reason, answered }));
    }
    case 'rejected': {
      const device = deviceOf(state, event.device);
      if (device === undefined) return refused(state, 'wire/foreign');
      if (device.update !== null || device.answer === 'revoked' || state.phase !== 'open')
        return known(state);
      const { reason } = event;
      return settled(withDevice(state, event.device, { ...device, answer: 'declined', reason }));
    }
    case 'received': {
      const device = deviceOf(state, event.device);
      if (device === undefined) return refused(state, 'wire/foreign');
      if (device.answer === 'revoked') return refused(state, 'identity/revoked');
      if (device.update?.blob === event.blob) return known(state);
      if (device.update !== null || state.phase !== 'open') return refused(state, 'wire/replay');
      const update = { blob: event.blob, examples: event.examples };
      return settled(withDevice(state, event.device, { ...device, answer: 'accepted', reason: '', update }));
    }
    case 'revoked': {
      const device = deviceOf(state, event.device);
      // Once the set of updates is closed it stays as it is: what follows from it must not depend on the moment.
      if (device === undefined || device.answer === 'revoked' || state.phase !== 'open') return known(state);
      return settled(
        withDevice(state, event.device, {
          ...device,
          answer: 'revoked',
          reason: 'identity/revoked',
          update: null,
        }),
      );
    }
    case 'deadline':
      return state.phase === 'open' ? moved(closed(state)) : known(state);
    case 'aggregated':
      if (state.phase !== 'aggregating') return known(state);
      return moved({ ...state, phase: 'evaluating', aggregate: event.aggregate, files: event.files });
    case 'evaluated':
      return state.phase === 'evaluating'
        ? moved({ ...state, phase: 'publishing', accuracy: event.accuracy })
        : known(state);
    case 'released':
      return state.phase === 'publishing'
        ? moved({ ...state, phase: 'released', release: event.release })
        : known(state);
    case 'failed':
    case 'cancelled':
      if (state.phase === 'unopened' || isOver(state)) return known(state);
      return moved({ ...state, phase: event.type, reason: event.reason });
  }
}

/** What is still to be done in this state: after a change of phase, and again after every restart. */
export function pendingEffects(state: RoundState): readonly RoundEffect[] {
  switch (state.phase) {
    case 'open':
      return [
        { type: 'schedule', deadlineMs: state.plan!.deadlineMs },
        ...state
          .plan!.cohort.filter(device => awaits(state, device))
          .map(device => ({ type: 'assign', device }) as const),
      ];
    case 'aggregating':
      return [{ type: 'aggregate', devices: contributors(state) }];
    case 'evaluating':
      return [{ type: 'evaluate' }];
    case 'publishing':
      return [{ type: 'publish' }];
    case 'released':
    case 'failed':
    case 'cancelled':
      return [{ type: 'close', outcome: state.phase }];
    case 'unopened':
      return [];
  }
}

/** Whether the round is open and still wants this device's update: then its assignment is sent (again). */
export function awaits(state: RoundState, device: string): boolean {
  const entry = deviceOf(state, device);
  return state.phase === 'open' && entry !== undefined && entry.update === null && entry.answer !== 'revoked';
}

/** The devices whose updates count, in order. */
export const contributors = (state: RoundState): readonly string[] =>
  Object.keys(state.devices)
    .filter(device => state.devices[device]!.update !== null)
    .sort(compareText);

/** Own properties alone: `constructor` is a possible name of a device. */
const deviceOf = (state: RoundState, id: string): RoundDevice | undefined =>
  Object.hasOwn(state.devices, id) ? state.devices[id] : undefined;

function settled(state: RoundState): Step {
  const counted = contributors(state).length;
  const outstanding = Object.values(state.devices).filter(
    device => device.update === null && (device.answer === 'offered' || device.answer === 'accepted'),
  );
  if (counted >= state.plan!.goal || outstanding.length === 0) return moved(closed(state));
  return { state, effects: [], verdict: 'applied' };
}

function closed(state: RoundState): RoundState {
  const counted = contributors(state).length;
  const { minimum } = state.plan!;
  if (counted >= minimum) return { ...state, phase: 'aggregating' };
  return {
    ...state,
    phase: 'failed',
    reason: `${counted} of at least ${minimum} updates had come when the round closed`,
  };
}

const withDevice = (state: RoundState, id: string, device: RoundDevice): RoundState => ({
  ...state,
  devices: { ...state.devices, [id]: device },
});

const moved = (state: RoundState): Step => ({ state, effects: pendingEffects(state), verdict: 'applied' });
const known = (state: RoundState): Step => ({ state, effects: [], verdict: 'known' });
const refused = (state: RoundState, code: ErrorCode): Step => ({ state, effects: [], verdict: code });
