// Federated averaging (McMahan et al., 2017, arXiv 1602.05629): a device counts by the records it learned from.

import type { AggregationRule } from '../contribution.js';
import { weightedAverage } from '../weightedSum.js';

export const weightedMean: AggregationRule = {
  summary: 'A device counts by the number of records that it says it learned from.',
  combine: contributions =>
    weightedAverage(
      contributions,
      contributions.map(({ examples }) => examples),
    ),
};
