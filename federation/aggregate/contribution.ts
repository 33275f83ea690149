// What goes into an aggregate, and the rule that makes one from many. Pure: tensors in, tensors out.

import type { NamedTensor } from '../../proto/messages.js';

/** One device's checked update: the absolute weights of its adapter after local training. */
export interface Contribution {
  readonly device: string;
  /** Records that the device says it learned from; at least 1. */
  readonly examples: number;
  /** In name order; the same names and shapes in every contribution. */
  readonly tensors: readonly NamedTensor[];
}

export interface AggregationRule {
  /** One sentence for people who choose between the rules. */
  readonly summary: string;
  /**
   * Makes the aggregate. `contributions` has at least one element and is in device-id order, names and shapes agree.
   * The same contributions give the same bits on every machine: sums run in the order given, in float64.
   */
  readonly combine: (contributions: readonly Contribution[]) => readonly NamedTensor[];
}
