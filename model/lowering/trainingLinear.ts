// The products with frozen weights in training: which of them run by whole rows in integers, and how.

import type { FrozenWeight } from '../architecture/graph.js';
import type { Value } from '../onnx/index.js';
import { hasStrips, headByStrips, headGradientByStrips } from './headStrips.js';
import { frozenLinear, frozenLinearGradient, type LinearContext } from './linear.js';
import { wholeRowProducts } from './repacking.js';
import { hadamard, rowSteps } from './rows.js';

export interface TrainingLinearContext extends LinearContext {
  /** Every weight is held once for each pass: mapped blocks forward, and rows that no kernel repacks backward. */
  readonly lean: boolean;
}

/** Blocks that are rotated together: as good as one of 512 in the gradients, at an eighth of the work. */
const widestRotation = 64;

const isFeedForward = ({ name }: FrozenWeight): boolean => /\.ffn_(gate|up|down)\./.test(name);
const isHead = ({ name }: FrozenWeight): boolean => !name.startsWith('blk.');

/**
 * y = x W^T + bias. By rows only into the gated activation, half of the forward work: the other products feed what is
 * summed up or compared, and blocks of 32 keep more of them.
 */
export function trainingLinear(
  context: TrainingLinearContext,
  x: Value,
  weights: readonly FrozenWeight[],
): Value {
  const head = headOf(context, weights);
  if (head !== undefined) return headByStrips(context, x, head);
  const suited =
    !context.lean &&
    weights.length > 1 &&
    weights.every(weight => isFeedForward(weight) && weight.bias === undefined) &&
    byRows(context);
  return suited ? rowProduct(context, x, weights, 'forward') : frozenLinear(context, x, weights);
}

/** dx = dy W. By rows in every layer; the head's gradient is one spike in 49,152 values, which only blocks keep. */
export function trainingLinearGradient(
  context: TrainingLinearContext,
  gradient: Value,
  weights: readonly FrozenWeight[],
): Value {
  const head = headOf(context, weights);
  if (head !== undefined) return headGradientByStrips(context, gradient, head);
  const suited = !weights.some(isHead) && byRows(context);
  return suited
    ? rowProduct(context, gradient, weights, 'backward')
    : frozenLinearGradient(context, gradient, weights);
}

/** The head, where it is read by strips. */
function headOf({ lean, arithmetic }: TrainingLinearContext, weights: readonly FrozenWeight[]) {
  const [weight] = weights;
  const suited = lean && arithmetic === 'fast' && weight !== undefined && isHead(weight) && hasStrips(weight);
  return suited ? weight : undefined;
}

/** Processors whose integer products saturate keep to blocks. */
const byRows = ({ arithmetic }: LinearContext): boolean => arithmetic === 'fast' && wholeRowProducts().exact;

/** Each row of x becomes u8 around 128 with a scale of its own; the products of u8 and int8 are summed exactly. */
function rowProduct(
  { graph, store, lean }: TrainingLinearContext,
  x: Value,
  weights: readonly FrozenWeight[],
  pass: 'forward' | 'backward',
): Value {
  const rows = weights.reduce((sum, weight) => sum + weight.rows, 0);
  const inputs = pass === 'forward' ? (weights[0]?.columns ?? 0) : rows;
  const rotation = weights.every(isFeedForward) ? rotationOf(inputs) : 1;
  const [packed, scales] = store.rows(graph, weights, pass, rotation, lean);

  const turned = rotation === 1 ? x : rotated();
  const size = graph.node('ReduceMax', [graph.node('Abs', [turned]), graph.ints(-1)], { keepdims: 1 });
  const scale = graph.node('Max', [size, graph.float(1e-30)]);
  const step = graph.float(1 / rowSteps);
  const zero = graph.constant('uint8', Uint8Array.of(128), []);
  const quants = graph.node('QuantizeLinear', [graph.node('Div', [turned, scale]), step, zero]);
  const product = graph.node('MatMulIntegerToFloat', [quants, packed, step, scales, zero]);
  return graph.node('Mul', [product, scale]);

  function rotated(): Value {
    const H = graph.constant('float32', hadamard(rotation), [rotation, rotation], `hadamard ${rotation}`);
    const runs = graph.node('Reshape', [x, graph.ints(-1, rotation)]);
    return graph.node('Reshape', [graph.node('MatMul', [runs, H]), graph.ints(-1, inputs)]);
  }
}

/** The largest power of two up to the widest that divides the inputs. */
const rotationOf = (inputs: number): number => Math.min(widestRotation, inputs & -inputs);
