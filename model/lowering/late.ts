// Shapes that only a run can know, though they are always the same: what they are given to cannot be planned, merged or
// repacked when a session is opened, and is not there before another value is.

import { dtypes } from '../onnx/dtypes.js';
import type { GraphBuilder, Value } from '../onnx/index.js';

/**
 * `dimensions` as int64, once all of `values` (floats) are there. The dependency is one of content: ONNX Runtime takes the
 * shape of one value for that of another where it knows them to be equal.
 */
export function lateShape(
  graph: GraphBuilder,
  values: readonly Value[],
  ...dimensions: readonly number[]
): Value {
  return values.reduce(
    (shape, value) => {
      const first = graph.node('Slice', [
        graph.node('Reshape', [value, graph.ints(-1)]),
        graph.ints(0),
        graph.ints(1),
      ]);
      // Nothing is below minus infinity.
      const below = graph.node('Less', [first, graph.float(Number.NEGATIVE_INFINITY)]);
      return graph.node('Add', [shape, graph.node('Cast', [below], { to: dtypes.int64.code })]);
    },
    graph.ints(...dimensions),
  );
}
