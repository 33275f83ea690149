// The one store: everything the page draws is here or computed from here.
import { computed, signal } from '@preact/signals';
import type { ReleaseView, RoundDeviceView, RoundView, TaskView } from '../../proto/api.js';
import type { FleetState } from './fleetState.js';

export type Connection = 'connecting' | 'live' | 'reconnecting';

export const fleet = signal<FleetState | undefined>(undefined);
export const connection = signal<Connection>('connecting');
/** The task that the operator picked to look at; undefined: the one that runs, or ran last. */
export const pickedTask = signal<string | undefined>(undefined);

export const task = computed<TaskView | undefined>(() => {
  const state = fleet.value;
  if (state === undefined) return undefined;
  const byAge = state.tasks.toSorted((a, b) => b.createdMs - a.createdMs);
  const find = (id: string | undefined) => byAge.find(candidate => candidate.id === id);
  return find(pickedTask.value) ?? find(state.status.task?.id) ?? byAge[0];
});

export const rounds = computed<readonly RoundView[]>(() => {
  const id = task.value?.id;
  return (fleet.value?.rounds ?? []).filter(round => round.task === id).sort((a, b) => a.round - b.round);
});

export const isOpen = (round: RoundView | undefined): boolean =>
  round !== undefined && ['open', 'aggregating', 'evaluating'].includes(round.state);

/** The round under way, else the last one. */
export const currentRound = computed<RoundView | undefined>(
  () => rounds.value.findLast(isOpen) ?? rounds.value.at(-1),
);

/** What each device does in the round under way, whatever task that is of. */
export const work = computed<ReadonlyMap<string, RoundDeviceView>>(() => {
  const open = (fleet.value?.rounds ?? []).filter(isOpen);
  return new Map(open.flatMap(round => round.devices.map(device => [device.device, device] as const)));
});

export const releases = computed<readonly ReleaseView[]>(() => {
  const id = task.value?.id;
  return (fleet.value?.releases ?? []).filter(release => release.task === id);
});

export const liveRelease = computed<ReleaseView | undefined>(() =>
  releases.value.find(release => release.state === 'live'),
);
