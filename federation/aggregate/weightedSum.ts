// The sum under the means: fixed order, float64, one rounding to float32 at the end.

import type { NamedTensor } from '../../proto/messages.js';
import type { Contribution } from './contribution.js';

/**
 * Σ weight · tensor / Σ weight, element by element. Additions run in the order of `contributions` in float64; IEEE 754
 * makes that the same on every machine. `weights` are positive, one a contribution.
 */
export function weightedAverage(
  contributions: readonly Contribution[],
  weights: readonly number[],
): readonly NamedTensor[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const first = contributions[0]?.tensors ?? [];
  return first.map(({ name, shape }, position) => {
    const sum = new Float64Array(first[position]!.values.length);
    contributions.forEach((contribution, which) => {
      const weight = weights[which]!;
      const values = contribution.tensors[position]!.values;
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * values[i]!;
    });
    return { name, shape, values: Float32Array.from(sum, value => value / total) };
  });
}
