// Tasks and rounds as the operator sees them.

import type { RoundDevice } from '../../federation/round/types.js';
import type { RoundDeviceView, RoundState, RoundView, TaskView } from '../../proto/api.js';
import type { Progress } from '../../proto/messages.js';
import type { TaskRecord } from '../tasks/tasks.js';
import type { Round } from './round.js';
import type { RoundTraffic } from './traffic.js';

export function taskView({ task, state, reason, createdMs }: TaskRecord, rounds: readonly Round[]): TaskView {
  const { minimum: _, roundTimeoutMs: __, seed: ___, ...shown } = task;
  const roundsDone = rounds.filter(({ state: { phase } }) => phase === 'released').length;
  return { ...shown, state, roundsDone, createdMs, reason };
}

/** Undefined before the round has opened. */
export function roundView(round: Round, traffic: RoundTraffic): RoundView | undefined {
  const { phase, plan, devices, aggregate, release, accuracy, reason } = round.state;
  if (phase === 'unopened' || plan === null) return undefined;
  const state: RoundState = phase === 'publishing' ? 'evaluating' : phase;
  const views = plan.cohort.map((device): RoundDeviceView => {
    const { up, down } = traffic.of(round, device);
    const { [device]: entry } = devices;
    return { device, ...shown(entry!, round.progress.get(device)), bytesUp: up, bytesDown: down };
  });
  return {
    task: round.task,
    round: round.number,
    state,
    openedMs: plan.openedMs,
    closedMs: round.closedMs,
    deadlineMs: plan.deadlineMs,
    devices: views,
    bytesUp: views.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
    bytesDown: views.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
    aggregate,
    release,
    accuracy,
    reason,
  };
}

function shown(
  { answer, reason, update }: RoundDevice,
  progress: Progress | undefined,
): Pick<RoundDeviceView, 'phase' | 'step' | 'steps' | 'reason'> {
  const { step, steps } = progress ?? { step: 0, steps: 0 };
  if (update !== null) return { phase: 'counted', step, steps, reason: '' };
  if (answer === 'revoked') return { phase: 'refused', step, steps, reason };
  if (answer === 'declined')
    return {
      phase: reason.startsWith('round/invalid') || reason.startsWith('wire/') ? 'refused' : 'declined',
      step,
      steps,
      reason,
    };
  if (progress !== undefined) return { phase: progress.phase, step, steps, reason: progress.reason };
  return { phase: answer, step, steps, reason };
}
