// The divergence from a teacher's sparse logits and its gradient, in ONNX primitives; engine/trainerTeacher.ts defines them.

import type { Value as Tensor } from '../architecture/graph.js';
import type { Value } from '../onnx/index.js';
import { type TrainingContext, trainingNames } from './trainingContext.js';

/** log softmax(logits / temperature), [labels, vocabulary]. */
export const logProbabilities = (logits: Tensor, context: TrainingContext, temperature = 1): Value =>
  context.shared(`log probabilities ${logits.id} ${temperature}`, () => {
    const { graph } = context;
    const plain = context.read(logits);
    const scaled = temperature === 1 ? plain : graph.node('Mul', [plain, graph.float(1 / temperature)]);
    return graph.node('LogSoftmax', [scaled], { axis: -1 });
  });

/** T^2 weight (sum of q log q - sum of q log p - rest log(rest of p)), a scalar. */
export function teacherDivergence(logits: Tensor, temperature: number, context: TrainingContext): Value {
  const { graph } = context;
  const { restOfStudent } = student(logits, temperature, context);
  const known = graph.node(
    'GatherElements',
    [logProbabilities(logits, context, temperature), trainingNames.teacherIds],
    { axis: 1 },
  );
  const shares = graph.node('Mul', [trainingNames.teacherShares, trainingNames.teacherKept]);
  const ofKnown = graph.node('ReduceSum', [graph.node('Mul', [shares, known]), graph.ints(-1)], {
    keepdims: 1,
  });
  const ofRest = graph.node('Mul', [trainingNames.teacherRest, graph.node('Log', [restOfStudent])]);
  const cross = graph.node('Add', [ofKnown, ofRest]);
  const each = graph.node('Sub', [trainingNames.teacherEntropy, cross]);
  const weighted = graph.node('Mul', [each, trainingNames.teacherWeights]);
  const sum = graph.node('ReduceSum', [weighted], { keepdims: 0 });
  return graph.node('Mul', [sum, graph.float(temperature ** 2)]);
}

/** T weight (p - q) at the tokens that the teacher knows, T weight p (1 - rest / rest of p) at all others. */
export function teacherDivergenceGradient(
  logits: Tensor,
  temperature: number,
  context: TrainingContext,
): Value {
  const { graph } = context;
  const { probabilities, known, restOfStudent } = student(logits, temperature, context);
  const weight = graph.node('Mul', [trainingNames.teacherWeights, graph.float(temperature)]);
  const ratio = graph.node('Div', [trainingNames.teacherRest, restOfStudent]);
  const factor = graph.node('Mul', [weight, graph.node('Sub', [graph.float(1), ratio])]);
  const others = graph.node('Mul', [probabilities, factor]);
  const difference = graph.node('Sub', [known, trainingNames.teacherShares]);
  const updates = graph.node('Mul', [difference, weight]);
  return graph.node('ScatterElements', [others, trainingNames.teacherIds, updates], { axis: 1 });
}

/** The student's probabilities: all, those of the teacher's tokens, and what is left to all others. */
function student(logits: Tensor, temperature: number, context: TrainingContext) {
  return context.shared(`student ${logits.id} ${temperature}`, () => {
    const { graph } = context;
    declareInputs(context);
    const ids = trainingNames.teacherIds;
    const probabilities = graph.node('Exp', [logProbabilities(logits, context, temperature)]);
    const known = graph.node('GatherElements', [probabilities, ids], { axis: 1 });
    // Added up from what is left, since 1 less the known would be all rounding where the student is sure.
    const none = graph.node('Mul', [known, graph.float(0)]);
    const others = graph.node('ScatterElements', [probabilities, ids, none], { axis: 1 });
    const rest = graph.node('ReduceSum', [others, graph.ints(-1)], { keepdims: 1 });
    return { probabilities, known, restOfStudent: graph.node('Max', [rest, graph.float(leastRest)]) };
  });
}

/** Keeps logarithm and quotient finite where the teacher knows every token. */
const leastRest = 1e-35;

function declareInputs(context: TrainingContext): void {
  const { graph } = context;
  const [labels, known] = [context.size('labels'), context.size('known')];
  const { teacherIds, teacherShares, teacherKept, teacherRest, teacherEntropy, teacherWeights } =
    trainingNames;
  graph.input(teacherIds, 'int64', [labels, known]);
  for (const name of [teacherShares, teacherKept]) graph.input(name, 'float32', [labels, known]);
  for (const name of [teacherRest, teacherEntropy, teacherWeights]) graph.input(name, 'float32', [labels, 1]);
}
