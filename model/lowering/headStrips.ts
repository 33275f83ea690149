// The head's products where memory is scarce: both passes read the same 8-bit blocks, made float a strip of rows at a time.
//
// Only a few positions look at the head, so that its work is to read it. A second form for each pass would be two thirds of
// what a small model's layers take.

import type { FrozenWeight } from '../architecture/graph.js';
import { dtypes, type GraphBuilder, type Value } from '../onnx/index.js';
import { lateIntegers } from './late.js';
import { blockSize } from './packing.js';
import type { WeightStore } from './weights.js';

/** Rows of a strip: a few megabytes of floats. */
const stripRows = 2048;

interface HeadContext {
  readonly graph: GraphBuilder;
  readonly store: WeightStore;
}

/** Whether its rows are whole blocks. */
export const hasStrips = ({ columns }: FrozenWeight): boolean => columns % blockSize === 0;

/** y = x W^T: [labels, columns] to [labels, rows]. */
export function headByStrips({ graph, store }: HeadContext, x: Value, weight: FrozenWeight): Value {
  const parts: Value[] = [];
  for (const { first, count } of stripsOf(weight)) {
    const strip = stripOf({ graph, store }, weight, first, count, parts.at(-1) ?? x);
    parts.push(graph.node('FusedMatMul', [x, strip], { transB: 1 }));
  }
  return graph.node('Concat', parts, { axis: 1 });
}

/** dx = dy W: [labels, rows] to [labels, columns]. */
export function headGradientByStrips(
  { graph, store }: HeadContext,
  gradient: Value,
  weight: FrozenWeight,
): Value {
  let sum: Value | undefined;
  for (const { first, count } of stripsOf(weight)) {
    const strip = stripOf({ graph, store }, weight, first, count, sum ?? gradient);
    const part = graph.node('Slice', [gradient, graph.ints(first), graph.ints(first + count), graph.ints(1)]);
    const product = graph.node('MatMul', [part, strip]);
    sum = sum === undefined ? product : graph.node('Add', [sum, product]);
  }
  return sum as Value;
}

function* stripsOf({ rows }: FrozenWeight): Iterable<{ first: number; count: number }> {
  for (let first = 0; first < rows; first += stripRows)
    yield { first, count: Math.min(stripRows, rows - first) };
}

/** Rows of the head in float32, not before `after` [labels, …] is there: one strip stands at a time. */
function stripOf(
  { graph, store }: HeadContext,
  weight: FrozenWeight,
  first: number,
  count: number,
  after: Value,
): Value {
  const { quants, scales } = store.rowBlocks(graph, weight);
  const from = lateIntegers(graph, graph.ints(first), [{ value: after, rank: 2 }]);
  const to = graph.node('Add', [from, graph.ints(count)]);
  const part = (blocks: Value): Value => graph.node('Slice', [blocks, from, to, graph.ints(0)]);
  const steps = graph.node('Cast', [part(quants)], { to: dtypes.float32.code });
  const values = graph.node('Mul', [steps, part(scales)]);
  return graph.node('Reshape', [values, graph.ints(count, weight.columns)]);
}
