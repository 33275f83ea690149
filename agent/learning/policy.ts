// The device's own word on what it is asked to learn: an assignment is taken only if nothing here speaks against it.

import type { ErrorCode } from '../../core/errors.js';
import type { Assignment } from '../../proto/messages.js';

export interface DeviceSituation {
  readonly nowMs: number;
  readonly acceptTasks: boolean | readonly string[];
  readonly minRecords: number;
  readonly arithmetic: 'exact' | 'fast';
  /** SHA-256 (hex) of the device's model file. */
  readonly baseModel: string;
  /** Records that may be trained on. */
  readonly records: number;
  readonly bytesLeftToday: number;
}

/** Longer examples than this do not fit the memory that a device gives to training. */
const maxTokens = 2_048;
/** Optimiser steps on one record in one round. */
const maxEpochs = 50;

/** In this order; the first that holds is the reason sent. */
const objections: readonly {
  readonly code: ErrorCode;
  readonly holds: (assignment: Assignment, device: DeviceSituation) => boolean;
}[] = [
  { code: 'round/declined', holds: ({ task }, { acceptTasks }) => !accepts(acceptTasks, task.id) },
  { code: 'model/mismatch', holds: ({ task }, { baseModel }) => task.baseModel !== baseModel },
  { code: 'model/mismatch', holds: ({ task }, { arithmetic }) => task.plan.arithmetic !== arithmetic },
  {
    code: 'round/declined',
    holds: ({ task }) => task.plan.maxTokens > maxTokens || task.plan.localEpochs > maxEpochs,
  },
  { code: 'wire/replay', holds: ({ deadlineMs }, { nowMs }) => deadlineMs <= nowMs },
  { code: 'record/none', holds: (_, { records, minRecords }) => records < minRecords },
  { code: 'egress/budget', holds: (_, { bytesLeftToday }) => bytesLeftToday <= 0 },
];

/** Why the device declines; undefined: it accepts. */
export const objection = (assignment: Assignment, device: DeviceSituation): ErrorCode | undefined =>
  objections.find(({ holds }) => holds(assignment, device))?.code;

const accepts = (tasks: boolean | readonly string[], id: string): boolean =>
  typeof tasks === 'boolean' ? tasks : tasks.includes(id);
