// Lowers a decoder's forward and backward graph to one ONNX graph for training.

import type { Arithmetic } from '../../proto/messages.js';
import type { DecoderGraph } from '../architecture/decoder.js';
import type { Node, Value as Tensor } from '../architecture/graph.js';
import { type BackwardGraph, backward } from '../autodiff/backward.js';
import { type BuiltGraph, GraphBuilder, type Value } from '../onnx/index.js';
import { checkHeads } from './attentionKernel.js';
import { recomputation } from './recomputation.js';
import { gradientName, TrainingContext, trainingNames } from './trainingContext.js';
import { lowerNode } from './trainingNodes.js';
import type { WeightStore } from './weights.js';

export { gradientName, parameterName, trainingNames } from './trainingContext.js';

/** Which activations of the forward pass are computed again for the gradient: none, or those within each layer. */
export type Recompute = 'none' | 'layers';

export interface TrainingLowering {
  /** Gradients of each example apart, [examples, rows, columns]. Default false: summed. */
  readonly perExample?: boolean;
  /** Activations of a layer are computed again in the backward pass: one more forward pass, and far less memory. */
  readonly recompute?: Recompute;
}

/**
 * Inputs: `trainingNames` and the adapter's tensors (`parameterName`). Outputs: the summed loss and, for each trained
 * tensor, the gradient of that sum (`gradientName`). No example may be longer than `maxLength`.
 * Throws `architecture/unsupported` for heads that the attention kernel does not take.
 */
export function lowerTraining(
  forward: DecoderGraph,
  store: WeightStore,
  arithmetic: Arithmetic,
  maxLength: number,
  { perExample = false, recompute = 'none' }: TrainingLowering = {},
): BuiltGraph {
  checkHeads(forward.nodes);
  const graph = new GraphBuilder('training');
  const context = new TrainingContext(
    graph,
    store,
    arithmetic,
    maxLength,
    perExample,
    recompute === 'layers',
  );
  const back: BackwardGraph = backward(forward);
  const lower = (node: Node): void => lowerNode(node, context);
  forward.nodes.forEach(lower);
  const again = recompute === 'layers' ? recomputation(forward, back, context, lower) : () => undefined;
  for (const node of back.nodes) {
    again(node);
    lower(node);
  }
  const output = (tensor: Tensor, name: Value, ...outer: readonly string[]): void => {
    graph.node('Identity', [context.read(tensor)], undefined, name);
    graph.output(name, 'float32', [...outer, ...(tensor.shape as readonly number[])]);
  };
  output(forward.loss, trainingNames.loss);
  const outer = perExample ? ['examples'] : [];
  for (const { parameter, gradient } of back.gradients) output(gradient, gradientName(parameter), ...outer);
  return graph.build();
}
