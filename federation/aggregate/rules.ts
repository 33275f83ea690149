// The table of aggregation rules. A new rule is one file in rules/ and one row here (and its name in proto/).

import type { Aggregation } from '../../proto/messages.js';
import type { AggregationRule } from './contribution.js';
import { mean } from './rules/mean.js';
import { weightedMean } from './rules/weightedMean.js';

export const aggregationRules: Readonly<Record<Aggregation, AggregationRule>> = {
  mean,
  'weighted-mean': weightedMean,
};
