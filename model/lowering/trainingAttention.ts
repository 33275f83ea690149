// Attention and its gradient for training, in ONNX primitives.
//
// Tokens are laid out example by example, [examples, length], so that nobody sees another example's tokens and the score
// matrices stay small. Query heads that share a key head stand below each other, [examples, kvHeads, group * length,
// headSize]: the products over keys are then single batched matrix products, and the sums over a group come for free.

import type { AttentionForm, Value as Tensor } from '../architecture/graph.js';
import type { GraphBuilder, Value } from '../onnx/index.js';
import { rotaryName, rotaryTables } from './rotary.js';
import { type TrainingContext, trainingNames } from './trainingContext.js';

interface Inputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

export function attention(inputs: Inputs, form: AttentionForm, context: TrainingContext): Value {
  const { graph } = context;
  const { probabilities, values } = scored(inputs, form, context);
  return toTokens(graph.node('MatMul', [probabilities, values]), form, context);
}

/** Gradients of q, k and v. */
export function attentionGradient(
  inputs: Inputs,
  gradient: Value,
  form: AttentionForm,
  context: TrainingContext,
): Value[] {
  const { graph } = context;
  const { probabilities, queries, keys, values } = scored(inputs, form, context);
  // Slots past an example's end hold a copy of some token: nothing may flow back from there.
  const slotted = graph.node('Gather', [gradient, trainingNames.slots], { axis: 0 });
  const output = queryLayout(graph.node('Mul', [slotted, trainingNames.filled]), form, graph);

  const dValues = graph.node('FusedMatMul', [probabilities, output], { transA: 1 });
  const gain = graph.node('FusedMatMul', [output, values], { transB: 1 });
  const weighted = graph.node('Mul', [gain, probabilities]);
  const expected = graph.node('ReduceSum', [weighted, graph.ints(-1)], { keepdims: 1 });
  const scores = graph.node('Sub', [weighted, graph.node('Mul', [probabilities, expected])]);
  const dQueries = graph.node('FusedMatMul', [scores, keys], { alpha: form.scale });
  const dKeys = graph.node('FusedMatMul', [scores, queries], { transA: 1, alpha: form.scale });

  return [
    toTokens(dQueries, form, context, form.heads),
    toTokens(dKeys, { ...form, heads: form.kvHeads }, context, form.kvHeads),
    toTokens(dValues, { ...form, heads: form.kvHeads }, context),
  ];
}

/** Rotated queries and keys, values, and the probabilities: shared by both passes. */
function scored({ q, k, v }: Inputs, form: AttentionForm, context: TrainingContext) {
  return context.shared(`attention ${q.id}`, () => {
    const { graph } = context;
    const slotted = (value: Value): Value => graph.node('Gather', [value, trainingNames.slots], { axis: 0 });
    const queries = queryLayout(rotated(slotted(context.read(q)), form.heads, 1, form, context), form, graph);
    const keys = keyLayout(rotated(slotted(context.read(k)), form.kvHeads, 1, form, context), form, graph);
    const values = keyLayout(slotted(context.read(v)), form, graph);
    const scores = graph.node('FusedMatMul', [queries, keys], { transB: 1, alpha: form.scale });
    const group = form.heads / form.kvHeads;
    const window = form.window === undefined || form.window >= context.maxLength ? undefined : form.window;
    const mask = context.fixed(`mask ${group} ${window}`, () =>
      graph.node('Concat', Array<Value>(group).fill(windowMask(window, context)), { axis: 0 }),
    );
    const probabilities = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: -1 });
    return { queries, keys, values, probabilities };
  });
}

/** The mask, and less than nothing for the keys that a window leaves behind. */
function windowMask(window: number | undefined, context: TrainingContext): Value {
  if (window === undefined) return trainingNames.mask;
  return context.fixed(`mask of window ${window}`, () => {
    const { graph } = context;
    const shape = graph.node('Shape', [trainingNames.mask]);
    const never = graph.node('Expand', [graph.float(-1e9), shape]);
    const diagonal = graph.constant('int64', BigInt64Array.of(BigInt(-window)), []);
    const far = graph.node('Trilu', [never, diagonal], { upper: 0 });
    return graph.node('Add', [trainingNames.mask, far]);
  });
}

/** [examples, length, heads * headSize] to [examples, kvHeads, group * length, headSize]. */
function queryLayout(x: Value, { heads, kvHeads, headSize }: AttentionForm, graph: GraphBuilder): Value {
  const split = graph.node('Reshape', [x, graph.ints(0, 0, kvHeads, heads / kvHeads, headSize)]);
  const turned = graph.node('Transpose', [split], { perm: [0, 2, 3, 1, 4] });
  return graph.node('Reshape', [turned, graph.ints(0, kvHeads, -1, headSize)]);
}

/** [examples, length, kvHeads * headSize] to [examples, kvHeads, length, headSize]. */
function keyLayout(x: Value, { kvHeads, headSize }: AttentionForm, graph: GraphBuilder): Value {
  const split = graph.node('Reshape', [x, graph.ints(0, 0, kvHeads, headSize)]);
  return graph.node('Transpose', [split], { perm: [0, 2, 1, 3] });
}

/** From the layout above back to [tokens, heads * headSize]; heads that were rotated are turned back on the way. */
function toTokens(x: Value, form: AttentionForm, context: TrainingContext, turnBack?: number): Value {
  const { graph } = context;
  const { heads, kvHeads, headSize } = form;
  const split = graph.node('Reshape', [x, graph.ints(0, kvHeads, heads / kvHeads, -1, headSize)]);
  const turned = graph.node('Transpose', [split], { perm: [0, 3, 1, 2, 4] });
  const slots = graph.node('Reshape', [turned, graph.ints(0, -1, heads * headSize)]);
  const plain = turnBack === undefined ? slots : rotated(slots, turnBack, -1, form, context);
  const flat = graph.node('Reshape', [plain, graph.ints(-1, heads * headSize)]);
  return graph.node('Gather', [flat, trainingNames.places], { axis: 0 });
}

/** [examples, length, heads * headSize]; slot i of an example is its position i. `sign` -1 turns back. */
function rotated(
  x: Value,
  heads: number,
  sign: 1 | -1,
  { headSize, rotary }: AttentionForm,
  context: TrainingContext,
): Value {
  const { graph, maxLength, store } = context;
  const shape = [maxLength, rotary.dimensions / 2];
  const name = rotaryName(rotary);
  const { cosine, sine, back } = context.fixed(name, () => {
    const { cos, sin } = rotaryTables(rotary, maxLength, name => store.values(name));
    return {
      cosine: graph.constant('float32', cos, shape, `${name} cosine`),
      sine: graph.constant('float32', sin, shape, `${name} sine`),
      back: graph.constant(
        'float32',
        sin.map(value => -value),
        shape,
        `${name} back`,
      ),
    };
  });
  const attributes = {
    interleaved: rotary.style === 'interleaved' ? 1 : 0,
    num_heads: heads,
    rotary_embedding_dim: rotary.dimensions === headSize ? 0 : rotary.dimensions,
  };
  return graph.node('RotaryEmbedding', [x, graph.ints(0), cosine, sign === 1 ? sine : back], attributes);
}
