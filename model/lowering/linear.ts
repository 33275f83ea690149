// The matrix products with frozen weights, in both arithmetics: the forward one and the gradient's.

import type { Arithmetic } from '../../proto/messages.js';
import type { FrozenWeight } from '../architecture/graph.js';
import { absent, type GraphBuilder, type Value } from '../onnx/index.js';
import { blockAttributes, type WeightStore } from './weights.js';

export interface LinearContext {
  readonly graph: GraphBuilder;
  readonly store: WeightStore;
  readonly arithmetic: Arithmetic;
}

/** y = x W^T + bias: [..., columns] to [..., rows of all weights, in order]. */
export function frozenLinear(
  context: LinearContext,
  x: Value,
  weights: readonly FrozenWeight[],
  name?: Value,
): Value {
  const { graph, store, arithmetic } = context;
  const biases = weights.map(weight => weight.bias).filter(bias => bias !== undefined);
  const bias = biases.length === 0 ? undefined : store.vector(graph, ...biases);
  if (arithmetic === 'exact') {
    const inputs = [x, store.matrix(graph, weights)];
    if (bias === undefined) return graph.node('FusedMatMul', inputs, { transB: 1 }, name);
    return graph.node('Add', [graph.node('FusedMatMul', inputs, { transB: 1 }), bias], {}, name);
  }
  const K = weights[0]?.columns ?? 0;
  const N = rowsOf(weights);
  const inputs = [x, ...store.blocks(graph, weights), ...(bias === undefined ? [] : [absent, bias])];
  return graph.node('MatMulNBits', inputs, blockAttributes(K, N), name);
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
