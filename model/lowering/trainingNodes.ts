// The table that lowers each node of the intermediate graph to ONNX for training, forward and backward.

import type { Node, NodeKind, NormForm, Value as Tensor } from '../architecture/graph.js';
import type { Value } from '../onnx/index.js';
import { activation, activationSlope } from './activation.js';
import { lateIntegers } from './late.js';
import { attention, attentionGradient } from './trainingAttention.js';
import { parameterName, type TrainingContext, trainingNames } from './trainingContext.js';
import { trainingLinear, trainingLinearGradient } from './trainingLinear.js';
import { logProbabilities, teacherDivergence, teacherDivergenceGradient } from './trainingTeacher.js';

type Lower<K extends NodeKind> = (node: Node<K>, context: TrainingContext) => readonly Value[];

/** A kind of node without a lowering is a type error here. */
const lowerings: { readonly [K in NodeKind]: Lower<K> } = {
  embeddingRows: ({ outputs: [rows] }, context) => [
    context.graph.input(trainingNames.rows, 'float32', [context.size('tokens'), lastOf(rows)]),
  ],

  parameter: (node, { graph }) => [
    graph.input(parameterName(node), 'float32', (node.outputs[0] as Tensor).shape as readonly number[]),
  ],

  add: ({ inputs }, context) => [context.graph.node('Add', [context.read(inputs.a), context.read(inputs.b)])],

  norm: ({ inputs, ...form }, context) => [
    joined(normed(inputs.x, form, context).y, inputs.x, form, context),
  ],

  normGradient: ({ inputs, ...form }, context) => {
    const { graph } = context;
    const { x, y, inverse, w } = normed(inputs.x, form, context);
    const gradient = apart(inputs.gradient, form, context);
    // The mean of gradient * w * x * inverse is that of gradient * y, and y is there already.
    const projection = graph.node('ReduceMean', [graph.node('Mul', [gradient, y]), graph.ints(-1)], {
      keepdims: 1,
    });
    const along = graph.node('Mul', [projection, graph.node('Mul', [inverse, inverse])]);
    const straight = graph.node('Mul', [graph.node('Mul', [gradient, w]), inverse]);
    return [joined(graph.node('Sub', [straight, graph.node('Mul', [x, along])]), inputs.x, form, context)];
  },

  frozenLinear: ({ inputs, weights }, context) => {
    const stack = trainingLinear(context, context.read(inputs.x), weights);
    if (weights.length === 1) return [stack];
    const sizes = context.graph.ints(...weights.map(weight => weight.rows));
    return context.graph.nodes('Split', [stack, sizes], { axis: -1 }, weights.length);
  },

  frozenLinearGradient: ({ inputs, weights }, context) => {
    const gradients = inputs.gradients.map(context.read);
    const stack =
      gradients.length === 1
        ? (gradients[0] as Value)
        : context.graph.node('Concat', gradients, { axis: -1 });
    return [trainingLinearGradient(context, stack, weights)];
  },

  adapter: ({ inputs, scale }, context) => {
    const reduced = context.shared(`reduced ${inputs.A.id}`, () =>
      reduce(inputs.x, inputs.A, scale, context),
    );
    return [context.graph.node('Gemm', [reduced, context.read(inputs.B)], { transB: 1 })];
  },

  adapterBGradient: ({ inputs, scale }, context) => {
    const reduced = context.shared(`reduced ${inputs.A.id}`, () =>
      reduce(inputs.x, inputs.A, scale, context),
    );
    return [productOverTokens(context.read(inputs.gradient), reduced, context)];
  },

  adapterAGradient: ({ inputs, scale }, context) => {
    const reduced = reducedGradient(inputs.gradient, inputs.B, scale, context);
    return [productOverTokens(reduced, context.read(inputs.x), context)];
  },

  adapterInputGradient: ({ inputs, scale }, context) => {
    const reduced = reducedGradient(inputs.gradient, inputs.B, scale, context);
    return [context.graph.node('MatMul', [reduced, context.read(inputs.A)])];
  },

  attention: ({ inputs, attention: form }, context) => [attention(inputs, form, context)],

  attentionGradient: ({ inputs, attention: form }, context) => attentionGradient(inputs, form, context),

  gatedActivation: ({ inputs, activation: kind }, { graph, read }) => [
    graph.node('Mul', [activation(graph, read(inputs.gate), kind), read(inputs.up)]),
  ],

  gatedActivationGradient: ({ inputs, activation: kind, outputs: [dInput] }, { graph, read }) => {
    const [up, gradient] = [read(inputs.up), read(inputs.gradient)];
    // Not before the gradient is there: slope and value, made of the gate alone, would be kept from the forward pass on.
    const shape = lateIntegers(graph, graph.ints(-1, lastOf(dInput)), [{ value: gradient, rank: 2 }]);
    const gate = graph.node('Reshape', [read(inputs.gate), shape]);
    const { value, slope } = activationSlope(graph, gate, kind);
    const dGate = graph.node('Mul', [graph.node('Mul', [gradient, up]), slope]);
    return [dGate, graph.node('Mul', [gradient, value])];
  },

  gatherLabels: ({ inputs }, { graph, read }) => [
    graph.node('GatherND', [read(inputs.x), trainingNames.labels]),
  ],

  scatterLabels: ({ inputs, outputs: [output] }, { graph, read }) => {
    const width = graph.ints(lastOf(output));
    const shape = graph.node('Concat', [graph.node('Shape', [trainingNames.places]), width], { axis: 0 });
    const zero = graph.node('ConstantOfShape', [shape]);
    return [graph.node('ScatterND', [zero, trainingNames.labels, read(inputs.gradient)])];
  },

  crossEntropy: ({ inputs }, context) => {
    const { graph } = context;
    const chosen = graph.node(
      'GatherElements',
      [logProbabilities(inputs.logits, context), trainingNames.targets],
      { axis: 1 },
    );
    const weighted = graph.node('Mul', [chosen, trainingNames.labelWeights]);
    return [graph.node('Neg', [graph.node('ReduceSum', [weighted], { keepdims: 0 })])];
  },

  crossEntropyGradient: ({ inputs }, context) => {
    const { graph } = context;
    const probabilities = graph.node('Exp', [logProbabilities(inputs.logits, context)]);
    const weighted = graph.node('Mul', [probabilities, trainingNames.labelWeights]);
    const chosen = graph.node('GatherElements', [weighted, trainingNames.targets], { axis: 1 });
    const less = graph.node('Sub', [chosen, trainingNames.labelWeights]);
    return [graph.node('ScatterElements', [weighted, trainingNames.targets, less], { axis: 1 })];
  },

  teacherDivergence: ({ inputs, temperature }, context) => [
    teacherDivergence(inputs.logits, temperature, context),
  ],

  teacherDivergenceGradient: ({ inputs, temperature }, context) => [
    teacherDivergenceGradient(inputs.logits, temperature, context),
  ],
};

export function lowerNode(node: Node, context: TrainingContext): void {
  const lower = lowerings[node.kind] as (node: Node, context: TrainingContext) => readonly Value[];
  for (const [index, value] of lower(node, context).entries())
    context.write(node.outputs[index] as Tensor, value);
}

const lastOf = (tensor: Tensor | undefined): number => tensor?.shape.at(-1) as number;

/** The value with the widths of a norm side by side, where it has several. */
const apart = (tensor: Tensor, { width }: NormForm, { graph, read }: TrainingContext): Value =>
  lastOf(tensor) === width
    ? read(tensor)
    : graph.node('Reshape', [read(tensor), graph.ints(0, lastOf(tensor) / width, width)]);

/** The inverse of `apart`, for a value that is like `tensor`. */
const joined = (value: Value, tensor: Tensor, { width }: NormForm, { graph }: TrainingContext): Value =>
  lastOf(tensor) === width ? value : graph.node('Reshape', [value, graph.ints(0, lastOf(tensor))]);

function normed(tensor: Tensor, form: NormForm, context: TrainingContext) {
  const { weight, epsilon } = form;
  return context.shared(`normed ${tensor.id} ${weight}`, () => {
    const { graph } = context;
    const x = apart(tensor, form, context);
    const w = context.store.vector(graph, weight);
    const attributes = { axis: -1, epsilon, stash_type: 1 };
    const [y, inverse] = graph.nodes('SimplifiedLayerNormalization', [x, w], attributes, 2);
    return { x, y: y as Value, inverse: inverse as Value, w };
  });
}

/** scale * x A^T, [tokens, rank]. */
const reduce = (x: Tensor, A: Tensor, scale: number, { graph, read }: TrainingContext): Value =>
  graph.node('Gemm', [read(x), read(A)], { transB: 1, alpha: scale });

/** scale * gradient B, [tokens, rank]. */
const reducedGradient = (gradient: Tensor, B: Tensor, scale: number, context: TrainingContext): Value =>
  context.shared(`reduced gradient ${B.id}`, () =>
    context.graph.node('Gemm', [context.read(gradient), context.read(B)], { alpha: scale }),
  );

/**
 * left^T right, the sum over tokens. Or of each example apart, over its slots: [examples, left's columns, right's columns];
 * slots that no token stands in count as zero.
 */
function productOverTokens(left: Value, right: Value, context: TrainingContext): Value {
  const { graph, perExample } = context;
  if (!perExample) return graph.node('Gemm', [left, right], { transA: 1 });
  const slotted = (value: Value): Value =>
    context.shared(`slotted ${value}`, () => graph.node('Gather', [value, trainingNames.slots], { axis: 0 }));
  const filled = context.fixed(`filled ${left}`, () =>
    graph.node('Mul', [slotted(left), trainingNames.filled]),
  );
  return graph.node('FusedMatMul', [filled, slotted(right)], { transA: 1 });
}
