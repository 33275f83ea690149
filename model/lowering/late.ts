// Integers that only a run can know, though they are always the same: what is made with them is not there before another value
// is, and cannot be planned or merged with its like when a session is opened.

import { dtypes } from '../onnx/dtypes.js';
import type { GraphBuilder, Value } from '../onnx/index.js';

export interface Awaited {
  /** Floats, at least one. */
  readonly value: Value;
  readonly rank: number;
}

/**
 * `integers` (int64), once all of `awaited` are there. The dependency is one of content: ONNX Runtime takes the
 * shape of one value for that of another where it knows them to be equal.
 */
export function lateIntegers(graph: GraphBuilder, integers: Value, awaited: readonly Awaited[]): Value {
  const firsts = awaited.map(({ value, rank }) =>
    graph.node('GatherND', [value, graph.constant('int64', new BigInt64Array(rank), [1, rank])]),
  );
  const largest = firsts.length === 1 ? (firsts[0] as Value) : graph.node('Max', firsts);
  // Nothing is below minus infinity.
  const below = graph.node('Less', [largest, graph.float(Number.NEGATIVE_INFINITY)]);
  return graph.node('Add', [integers, graph.node('Cast', [below], { to: dtypes.int64.code })]);
}
