// The matrix products with frozen weights, in both arithmetics: the forward one and the gradient's.

import type { Arithmetic } from '../../proto/messages.js';
import type { FrozenWeight } from '../architecture/graph.js';
import type { GraphBuilder, Value } from '../onnx/index.js';
import { blockAttributes, type WeightStore } from './weights.js';

export interface LinearContext {
  readonly graph: GraphBuilder;
  readonly store: WeightStore;
  readonly arithmetic: Arithmetic;
}

/** y = x W^T: [..., columns] to [..., rows of all weights, in order]. */
export function frozenLinear(
  context: LinearContext,
  x: Value,
  weights: readonly FrozenWeight[],
  name?: Value,
): Value {
  const { graph, store, arithmetic } = context;
  if (arithmetic === 'exact')
    return graph.node('FusedMatMul', [x, store.matrix(graph, weights)], { transB: 1 }, name);
  const K = weights[0]?.columns ?? 0;
  const N = rowsOf(weights);
  return graph.node('MatMulNBits', [x, ...store.blocks(graph, weights)], blockAttributes(K, N), name);
}

/** dx = dy W: [..., rows of all weights, in order] to [..., columns]. */
export function frozenLinearGradient(
  context: LinearContext,
  gradient: Value,
  weights: readonly FrozenWeight[],
  name?: Value,
): Value {
  const { graph, store, arithmetic } = context;
  if (arithmetic === 'exact') return graph.node('MatMul', [gradient, store.matrix(graph, weights)], {}, name);
  const K = rowsOf(weights);
  const N = weights[0]?.columns ?? 0;
  return graph.node(
    'MatMulNBits',
    [gradient, ...store.transposedBlocks(graph, weights)],
    blockAttributes(K, N),
    name,
  );
}

const rowsOf = (weights: readonly FrozenWeight[]): number =>
  weights.reduce((sum, weight) => sum + weight.rows, 0);

/** How sessions over these products are opened: exact weights stay where they are, so that both passes share them. */
export const sessionOptions = (arithmetic: Arithmetic, threads: number) =>
  ({ threads, prepacking: arithmetic === 'fast' }) as const;
