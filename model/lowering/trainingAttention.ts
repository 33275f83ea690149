// Attention and its gradient for training.
//
// Tokens are laid out example by example, [examples, length], so that nobody sees another example's tokens and the score
// matrices stay small. Forward it is one fused operator. Its probabilities grow with the square of the length and are cheap to
// compute again, so the gradient does, as soon as it can begin. There, query heads that share a key head stand below each
// other, [examples, kvHeads, group * length, headSize]: the products over keys are then single batched matrix products, and
// the sums over a group come for free.

import type { AttentionForm, Value as Tensor } from '../architecture/graph.js';
import { dtypes } from '../onnx/dtypes.js';
import { absent, type GraphBuilder, type Value } from '../onnx/index.js';
import { lateIntegers } from './late.js';
import { rotaryName, rotaryTables } from './rotary.js';
import { type TrainingContext, trainingNames } from './trainingContext.js';

interface Inputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

export function attention(inputs: Inputs, form: AttentionForm, context: TrainingContext): Value {
  const { graph } = context;
  const { joined } = attended(inputs, form, context);
  const flat = graph.node('Reshape', [joined, graph.ints(-1, form.heads * form.headSize)]);
  return graph.node('Gather', [flat, trainingNames.places], { axis: 0 });
}

/** Gradients of q, k and v; `joined` is what attention gave. */
export function attentionGradient(
  { joined, gradient, ...inputs }: Inputs & { readonly joined: Tensor; readonly gradient: Tensor },
  form: AttentionForm,
  context: TrainingContext,
): Value[] {
  const { graph, read } = context;
  const { heads, kvHeads, headSize } = form;
  const { keys, values } = attended(inputs, form, context);
  // Slots past an example's end hold a copy of some token: nothing may flow back from there.
  const filled = (x: Value): Value => graph.node('Mul', [slotted(x, graph), trainingNames.filled]);
  const output = queryLayout(filled(read(gradient)), form, graph);
  // What the softmax takes off again: the mean of the gains, weighted with the probabilities (Dao et al., arXiv 2205.14135).
  const products = graph.node('Mul', [read(gradient), read(joined)]);
  const apart = graph.node('Reshape', [products, graph.ints(-1, heads, headSize)]);
  const sums = graph.node('ReduceSum', [apart, graph.ints(-1)], { keepdims: 0 });
  const expected = queryLayout(filled(sums), { ...form, headSize: 1 }, graph);

  // Not before the gradient is there: all layers' maps would stand side by side.
  const slots = lateIntegers(graph, trainingNames.slots, [{ value: read(gradient), rank: 2 }]);
  const plain = graph.node('Gather', [read(inputs.q), slots], { axis: 0 });
  const queries = queryLayout(rotated(plain, heads, 1, form, context), form, graph);
  const whole = { queries, keys, values, output, expected };
  const [dQueries, dKeys, dValues] = context.lean
    ? byKeyHeads(whole, form, context)
    : mapGradients(whole, form, context);

  return [
    toTokens(dQueries, form, context, heads),
    toTokens(dKeys, { ...form, heads: kvHeads }, context, kvHeads),
    toTokens(dValues, { ...form, heads: kvHeads }, context),
  ];
}

/** What the maps of context x context are made of, each [examples, key heads, …]. */
interface MapInputs {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
  /** The gradient of what attention gave. */
  readonly output: Value;
  /** What the softmax takes off again. */
  readonly expected: Value;
}

type MapGradients = readonly [queries: Value, keys: Value, values: Value];

function mapGradients(
  { queries, keys, values, output, expected }: MapInputs,
  form: AttentionForm,
  context: TrainingContext,
): MapGradients {
  const { graph } = context;
  const alpha = form.scale;
  const products = graph.node('FusedMatMul', [queries, keys], { transB: 1, alpha });
  const masked = graph.node('Add', [products, groupMask(form, context)]);
  const probabilities = graph.node('Softmax', [masked], { axis: -1 });
  const dValues = graph.node('FusedMatMul', [probabilities, output], { transA: 1 });
  const gain = graph.node('FusedMatMul', [output, values], { transB: 1 });
  const scores = graph.node('Mul', [graph.node('Sub', [gain, expected]), probabilities]);
  const dQueries = graph.node('FusedMatMul', [scores, keys], { alpha });
  const dKeys = graph.node('FusedMatMul', [scores, queries], { transA: 1, alpha });
  return [dQueries, dKeys, dValues];
}

/** The same a key head at a time, each after the one before: the maps of one stand in memory. */
function byKeyHeads(whole: MapInputs, form: AttentionForm, context: TrainingContext): MapGradients {
  const { graph } = context;
  const done: MapGradients[] = [];
  for (let head = 0; head < form.kvHeads; head++) {
    const before = done.at(-1);
    const awaited = [whole.expected, ...(before?.slice(0, 2) ?? [])].map(value => ({ value, rank: 4 }));
    const at = lateIntegers(graph, graph.ints(head), awaited);
    const one = (x: Value): Value => graph.node('Gather', [x, at], { axis: 1 });
    const inputs = {
      queries: one(whole.queries),
      keys: one(whole.keys),
      values: one(whole.values),
      output: one(whole.output),
      expected: one(whole.expected),
    };
    done.push(mapGradients(inputs, form, context));
  }
  const joined = (which: 0 | 1 | 2): Value =>
    graph.node(
      'Concat',
      done.map(one => one[which]),
      { axis: 1 },
    );
  return [joined(0), joined(1), joined(2)];
}

const slotted = (x: Value, graph: GraphBuilder): Value =>
  graph.node('Gather', [x, trainingNames.slots], { axis: 0 });

/** What attention gives, [examples, length, heads * headSize], and rotated keys and values, [examples, kvHeads, length, headSize]. */
function attended({ q, k, v }: Inputs, form: AttentionForm, context: TrainingContext) {
  return context.shared(`attention ${q.id}`, () => {
    const { graph } = context;
    const { cosine, sine } = tables(form, context);
    const { ends, total } = extent(context);
    const given = [q, k, v].map(one => slotted(context.read(one), graph));
    const window = windowOf(form, context);
    const attributes = {
      num_heads: form.heads,
      kv_num_heads: form.kvHeads,
      scale: form.scale,
      do_rotary: 1,
      rotary_interleaved: form.rotary.style === 'interleaved' ? 1 : 0,
      ...(window !== undefined && { local_window_size: window }),
    };
    const operands = [...given, absent, absent, ends, total, cosine, sine];
    const [joined, keys, values] = graph.nodes('GroupQueryAttention', operands, attributes, 3);
    return { joined: joined as Value, keys: keys as Value, values: values as Value };
  });
}

/** As the fused operator wants it: int32 [examples], the last place of each example, and int32 [1], how many there are. */
const extent = (context: TrainingContext): { ends: Value; total: Value } =>
  context.fixed('extent', () => {
    const { graph } = context;
    const size = (start: number): Value =>
      graph.node('Shape', [trainingNames.slots], { start, end: start + 1 });
    const int32 = { to: dtypes.int32.code };
    const last = graph.node('Sub', [size(1), graph.ints(1)]);
    const ends = graph.node('Expand', [last, size(0)]);
    return { ends: graph.node('Cast', [ends], int32), total: graph.node('Cast', [size(1)], int32) };
  });

/** Undefined where no example reaches beyond it. */
const windowOf = ({ window }: AttentionForm, { maxLength }: TrainingContext): number | undefined =>
  window === undefined || window >= maxLength ? undefined : window;

/** The mask for the query heads of a group, below each other. */
function groupMask(form: AttentionForm, context: TrainingContext): Value {
  const group = form.heads / form.kvHeads;
  const window = windowOf(form, context);
  return context.fixed(`mask ${group} ${window}`, () =>
    context.graph.node('Concat', Array<Value>(group).fill(windowMask(window, context)), { axis: 0 }),
  );
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
  const { graph } = context;
  const { cosine, sine, back } = tables({ rotary }, context);
  const attributes = {
    interleaved: rotary.style === 'interleaved' ? 1 : 0,
    num_heads: heads,
    rotary_embedding_dim: rotary.dimensions === headSize ? 0 : rotary.dimensions,
  };
  return graph.node('RotaryEmbedding', [x, graph.ints(0), cosine, sign === 1 ? sine : back], attributes);
}

/** Cosines and sines of all positions, [positions, dimensions / 2], and the sines that turn back. */
function tables({ rotary }: Pick<AttentionForm, 'rotary'>, context: TrainingContext) {
  const { graph, maxLength, store } = context;
  const name = rotaryName(rotary);
  return context.fixed(name, () => {
    const { cos, sin } = rotaryTables(rotary, maxLength, name => store.values(name));
    const table = (what: string, values: Float32Array): Value =>
      graph.constant('float32', values, [maxLength, rotary.dimensions / 2], `${name} ${what}`);
    return {
      cosine: table('cosine', cos),
      sine: table('sine', sin),
      back: table(
        'back',
        sin.map(value => -value),
      ),
    };
  });
}
