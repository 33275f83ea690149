// Schedules of the learning rate: pure functions of the step, so that a run that goes on needs nothing but its step.

import { SkeinError } from '../../core/errors.js';
import type { LearningRateSchedule } from './types.js';

/**
 * The share of the learning rate that step `step` (counted from 0) takes. It rises in equal parts to 1 over the first
 * `warmupSteps`; then it stays, or falls to `finalShare` at `steps`: in a line, or by half a cosine (Loshchilov and
 * Hutter, arXiv 1608.03983). Past `steps` it stays at `finalShare`.
 */
export function learningRateShare(schedule: LearningRateSchedule, step: number): number {
  const { kind, warmupSteps = 0 } = schedule;
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  if (kind === 'constant') return 1;
  const { steps, finalShare = 0 } = schedule;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  const left = kind === 'linear' ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2;
  return finalShare + (1 - finalShare) * left;
}

/** Throws `train/invalid`. */
export function checkSchedule(schedule: LearningRateSchedule): void {
  const whole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  const { warmupSteps = 0 } = schedule;
  const problem = !whole(warmupSteps, 0)
    ? `warmupSteps is ${warmupSteps}, not a whole number from 0`
    : schedule.kind === 'constant'
      ? undefined
      : !whole(schedule.steps, 1) || warmupSteps > schedule.steps
        ? `steps is ${schedule.steps}, not a whole number from 1 that holds the ${warmupSteps} steps of the warm-up`
        : !((schedule.finalShare ?? 0) >= 0 && (schedule.finalShare ?? 0) <= 1)
          ? `finalShare is ${schedule.finalShare}, not from 0 to 1`
          : undefined;
  if (problem !== undefined)
    throw new SkeinError('train/invalid', `The learning rate's schedule is not usable: ${problem}.`);
}
