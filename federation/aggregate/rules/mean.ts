// The plain mean: every device counts the same, however many records it has.

import type { AggregationRule } from '../contribution.js';
import { weightedAverage } from '../weightedSum.js';

export const mean: AggregationRule = {
  summary: 'Every device counts the same.',
  combine: contributions =>
    weightedAverage(
      contributions,
      contributions.map(() => 1),
    ),
};
