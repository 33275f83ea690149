// The matrix products with frozen weights, in both arithmetics: the forward one and the gradient's.

import type { Arithmetic } from '../../proto/messages.js';
import type { FrozenWeight } from '../architecture/graph.js';
import { absent, type GraphBuilder, type Value } from '../onnx/index.js';
import type { BlockOperands, WeightStore } from './weights.js';

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
  return blockProduct(graph, x, store.blocks(graph, weights), bias, name);
}

/** MatMulNBits takes quants, scales, zeros, an order of inputs that nobody uses, and a bias. */
function blockProduct(
  graph: GraphBuilder,
  x: Value,
  { inputs, attributes }: BlockOperands,
  bias: Value | undefined,
  name: Value | undefined,
): Value {
  const padded = bias === undefined ? inputs : [...inputs, absent, absent].slice(0, 4).concat(bias);
  return graph.node('MatMulNBits', [x, ...padded], attributes, name);
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
  return blockProduct(graph, gradient, store.transposedBlocks(graph, weights), undefined, name);
}

/** How sessions over these products are opened: exact weights stay where they are, so that both passes share them. */
export const sessionOptions = (arithmetic: Arithmetic, threads: number, spinning = false) =>
  ({ threads, spinning, prepacking: arithmetic === 'fast' }) as const;
