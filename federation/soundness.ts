// What may be combined in a task, as a table: a task that breaks a row is refused when it is submitted, with the reason.

import { SkeinError } from '../core/index.js';
import type { TaskSubmission } from '../proto/api.js';
import { countValues, type TensorShape, updateTensors } from './update/shape.js';

/** What besides the task the rows look at. */
export interface Surroundings {
  /** Largest thing that travels. */
  readonly maxUpdateBytes: number;
  /** Undefined where the coordinator has no model at hand. */
  readonly model: BaseModelFacts | undefined;
}

export interface BaseModelFacts {
  readonly contextLength: number;
  /** Every tensor of an adapter of the task's shape on this model. */
  readonly adapterTensors: readonly TensorShape[];
}

interface Row {
  readonly id: string;
  /** The reason where the task breaks the row. */
  readonly broken: (task: TaskSubmission, around: Surroundings) => string | undefined;
}

const when = (condition: boolean | undefined, reason: string): string | undefined =>
  condition === true ? reason : undefined;

export const soundnessRows: readonly Row[] = [
  {
    id: 'minimum-within-goal',
    broken: ({ goal, minimum = 1 }) =>
      when(
        minimum > goal,
        `a round closes at ${goal} updates and could never come to the minimum of ${minimum}`,
      ),
  },
  {
    id: 'rank-below-sides',
    broken: ({ adapter }, { model }) =>
      when(
        model?.adapterTensors.some(({ shape }) => shape.every(side => side <= adapter.rank)),
        `rank ${adapter.rank} is no less than a side of a matrix it adapts: the adapter would not be low-rank`,
      ),
  },
  {
    id: 'update-fits-a-blob',
    broken: ({ adapter }, { model, maxUpdateBytes }) => {
      const bytes =
        4 * countValues(model === undefined ? [] : updateTensors(adapter.mode, model.adapterTensors));
      // A sixteenth is left for names, shapes and framing.
      return when(
        bytes > (maxUpdateBytes / 16) * 15,
        `an update of ${bytes} bytes does not fit a transfer of ${maxUpdateBytes}; lower the rank, adapt fewer targets or use ffa`,
      );
    },
  },
  {
    id: 'examples-within-context',
    broken: ({ plan }, { model }) =>
      when(
        model !== undefined && plan.maxTokens > model.contextLength,
        `maxTokens ${plan.maxTokens} is more than the model's context of ${model?.contextLength}`,
      ),
  },
  {
    id: 'root-of-known-labels',
    broken: ({ labels = [], root }) => {
      const known = new Set(labels);
      return when(
        known.size > 0 && root.some(({ label }) => !known.has(label)),
        'the root set has labels that are not among the task’s: its accuracy could never be right',
      );
    },
  },
];

/** Throws `task/unsound` with every row that is broken (`data.rows`) and why. */
export function requireSound(task: TaskSubmission, around: Surroundings): void {
  const broken = soundnessRows.flatMap(({ id, broken }) => {
    const reason = broken(task, around);
    return reason === undefined ? [] : [{ id, reason }];
  });
  if (broken.length === 0) return;
  const reasons = broken.map(({ reason }) => reason);
  throw new SkeinError('task/unsound', `The task is refused: ${reasons.join('; ')}.`, {
    data: { rows: broken.map(({ id }) => id), reasons },
  });
}
