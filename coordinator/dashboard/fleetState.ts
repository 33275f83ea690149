// What the page knows of the fleet, and how an event changes it: a pure step from one state to the next.
import type {
  DeviceView,
  FleetEvent,
  ReleaseView,
  RoundView,
  StatusView,
  TaskView,
} from '../../proto/api.js';

export interface FleetState {
  readonly status: StatusView;
  readonly devices: readonly DeviceView[];
  readonly tasks: readonly TaskView[];
  /** Oldest first. */
  readonly rounds: readonly RoundView[];
  /** Newest first. */
  readonly releases: readonly ReleaseView[];
}

export function applyEvent(state: FleetState, event: FleetEvent): FleetState {
  switch (event.type) {
    case 'status': {
      // The round in it is as fresh as the event: bytes of a closed round still grow while devices fetch its release.
      const { status } = event;
      const rounds = status.round === null ? state.rounds : put(state.rounds, status.round, roundKey, 'last');
      return { ...state, status, rounds };
    }
    case 'device':
      return { ...state, devices: put(state.devices, event.device, device => device.id, 'last') };
    case 'task':
      return { ...state, tasks: put(state.tasks, event.task, task => task.id, 'last') };
    case 'round':
      return { ...state, rounds: put(state.rounds, event.round, roundKey, 'last') };
    case 'release':
      return { ...state, releases: put(state.releases, event.release, release => release.hash, 'first') };
    default:
      // A newer coordinator may send more types than this page knows.
      return state;
  }
}

export const roundKey = (round: RoundView): string => `${round.task}/${round.round}`;

function put<T>(
  list: readonly T[],
  item: T,
  keyOf: (item: T) => string,
  end: 'first' | 'last',
): readonly T[] {
  const key = keyOf(item);
  const at = list.findIndex(other => keyOf(other) === key);
  if (at >= 0) return list.with(at, item);
  return end === 'first' ? [item, ...list] : [...list, item];
}
