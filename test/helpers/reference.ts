// The reference: every node kind evaluated with plain float64 loops. Slow and short; rules and lowerings are checked against it.

import type {
  Activation,
  AttentionForm,
  Graph,
  Node,
  NodeKind,
  Rotary,
  Value,
} from '../../model/architecture/graph.js';

export interface ReferenceInputs {
  /** Weights of the model by name, rows first. */
  readonly weights: ReadonlyMap<string, Float64Array>;
  /** Rows of the embedding table for each token, before scaling. */
  readonly embeddings: Float64Array;
  /** Values of the `parameter` nodes by the id of their output. */
  readonly parameters: ReadonlyMap<number, Float64Array>;
  /** Position of each token in its example, and the example that it belongs to. */
  readonly positions: readonly number[];
  readonly examples: readonly number[];
  /** Positions in the sequence that are asked for logits, and the token that is right there. */
  readonly labels: readonly number[];
  readonly targets: readonly number[];
  /** Of each label's cross-entropy. Default: 1. */
  readonly labelWeights?: readonly number[];
  /** One a label, where the graph compares with a teacher. */
  readonly teacher?: readonly ReferenceTeacher[];
}

export interface ReferenceTeacher {
  readonly ids: readonly number[];
  readonly probabilities: readonly number[];
  readonly weight: number;
}

type Matrix = Float64Array;
type Reader = (value: Value) => Matrix;
type Evaluate<K extends NodeKind> = (node: Node<K>, read: Reader, inputs: ReferenceInputs) => Matrix[];

/** The content of every value, by id. */
export function evaluate(
  graph: Graph,
  inputs: ReferenceInputs,
  known: ReadonlyMap<number, Matrix> = new Map(),
): Map<number, Matrix> {
  const values = new Map(known);
  const read: Reader = value => values.get(value.id) as Matrix;
  for (const node of graph.nodes) {
    const run = evaluators[node.kind] as (n: Node, r: Reader, i: ReferenceInputs) => Matrix[];
    for (const [index, result] of run(node, read, inputs).entries())
      values.set((node.outputs[index] as Value).id, result);
  }
  return values;
}

const evaluators: { readonly [K in NodeKind]: Evaluate<K> } = {
  embeddingRows: ({ scale }, _, { embeddings }) => [embeddings.map(value => value * scale)],

  parameter: ({ outputs }, _, { parameters }) => [parameters.get((outputs[0] as Value).id) as Matrix],

  add: ({ inputs }, read) => [zip(read(inputs.a), read(inputs.b), (a, b) => a + b)],

  norm: ({ inputs, weight, epsilon, width }, read, { weights }) => {
    const w = weights.get(weight) as Matrix;
    return [
      byRow(read(inputs.x), width, row => {
        const inverse = 1 / Math.sqrt(mean(row, value => value * value) + epsilon);
        return row.map((value, i) => value * inverse * at(w, i));
      }),
    ];
  },

  normGradient: ({ inputs, weight, epsilon, width }, read, { weights }) => {
    const w = weights.get(weight) as Matrix;
    const gradient = read(inputs.gradient);
    return [
      byRow(read(inputs.x), width, (x, start) => {
        const inverse = 1 / Math.sqrt(mean(x, value => value * value) + epsilon);
        const scaled = w.map((value, i) => value * at(gradient, start + i));
        const projection = mean(x, (value, i) => value * inverse * at(scaled, i));
        return x.map((value, i) => inverse * (at(scaled, i) - value * inverse * projection));
      }),
    ];
  },

  frozenLinear: ({ inputs, weights: forms }, read, { weights }) =>
    forms.map(({ name, rows, columns, bias }) => {
      const y = timesTransposed(read(inputs.x), weights.get(name) as Matrix, columns, rows);
      const b = bias === undefined ? undefined : weights.get(bias);
      return b === undefined ? y : y.map((value, i) => value + at(b, i % rows));
    }),

  frozenLinearGradient: ({ inputs, weights: forms }, read, { weights }) => [
    forms
      .map(({ name, rows, columns }, i) =>
        times(read(inputs.gradients[i] as Value), weights.get(name) as Matrix, rows, columns),
      )
      .reduce((a, b) => zip(a, b, (x, y) => x + y)),
  ],

  adapter: ({ inputs, scale }, read) => {
    const { inner, rank, outer } = adapterSizes(inputs.A, inputs.B);
    const reduced = timesTransposed(read(inputs.x), read(inputs.A), inner, rank);
    return [timesTransposed(reduced, read(inputs.B), rank, outer).map(value => value * scale)];
  },

  adapterInputGradient: ({ inputs, scale }, read) => {
    const { inner, rank, outer } = adapterSizes(inputs.A, inputs.B);
    const reduced = times(read(inputs.gradient), read(inputs.B), outer, rank);
    return [times(reduced, read(inputs.A), rank, inner).map(value => value * scale)];
  },

  adapterAGradient: ({ inputs, scale, outputs }, read) => {
    const [rank, inner] = (outputs[0] as Value).shape as readonly [number, number];
    const outer = read(inputs.B).length / rank;
    const reduced = times(read(inputs.gradient), read(inputs.B), outer, rank);
    return [transposedTimes(reduced, read(inputs.x), rank, inner).map(value => value * scale)];
  },

  adapterBGradient: ({ inputs, scale, outputs }, read) => {
    const [outer, rank] = (outputs[0] as Value).shape as readonly [number, number];
    const inner = read(inputs.A).length / rank;
    const reduced = timesTransposed(read(inputs.x), read(inputs.A), inner, rank);
    return [transposedTimes(read(inputs.gradient), reduced, outer, rank).map(value => value * scale)];
  },

  attention: ({ inputs, attention: form }, read, run) => {
    const { q, k, v } = rotated(read(inputs.q), read(inputs.k), read(inputs.v), form, run);
    const out = new Float64Array(q.length);
    forEachPair(form, run, q, k, (probability, queryAt, keyAt) => {
      for (let d = 0; d < form.headSize; d++) add(out, queryAt + d, probability * at(v, keyAt + d));
    });
    return [out];
  },

  attentionGradient: ({ inputs, attention: form }, read, run) => {
    const gradient = read(inputs.gradient);
    const { q, k, v } = rotated(read(inputs.q), read(inputs.k), read(inputs.v), form, run);
    const [dq, dk, dv] = [new Float64Array(q.length), new Float64Array(k.length), new Float64Array(v.length)];
    const product = (queryAt: number, keyAt: number): number =>
      dot(gradient, queryAt, v, keyAt, form.headSize);
    // The softmax subtracts, from what each key would gain, the mean of it over the keys of the same query.
    const expected = new Map<number, number>();
    forEachPair(form, run, q, k, (probability, queryAt, keyAt) => {
      expected.set(queryAt, (expected.get(queryAt) ?? 0) + probability * product(queryAt, keyAt));
    });
    forEachPair(form, run, q, k, (probability, queryAt, keyAt) => {
      const score = probability * (product(queryAt, keyAt) - (expected.get(queryAt) ?? 0)) * form.scale;
      for (let d = 0; d < form.headSize; d++) {
        add(dq, queryAt + d, score * at(k, keyAt + d));
        add(dk, keyAt + d, score * at(q, queryAt + d));
        add(dv, keyAt + d, probability * at(gradient, queryAt + d));
      }
    });
    rotate(dq, form.heads, form.headSize, form.rotary, run, -1);
    rotate(dk, form.kvHeads, form.headSize, form.rotary, run, -1);
    return [dq, dk, dv];
  },

  gatedActivation: ({ inputs, activation }, read) => [
    zip(read(inputs.gate), read(inputs.up), (gate, up) => activations[activation].value(gate) * up),
  ],

  gatedActivationGradient: ({ inputs, activation }, read) => {
    const [gate, up, gradient] = [read(inputs.gate), read(inputs.up), read(inputs.gradient)];
    const { value, slope } = activations[activation];
    return [
      gradient.map((g, i) => g * at(up, i) * slope(at(gate, i))),
      gradient.map((g, i) => g * value(at(gate, i))),
    ];
  },

  gatherLabels: ({ inputs, outputs }, read, { labels }) => {
    const width = (outputs[0] as Value).shape[1] as number;
    return [
      Float64Array.from(
        labels.flatMap(label => [...read(inputs.x).subarray(label * width, (label + 1) * width)]),
      ),
    ];
  },

  scatterLabels: ({ inputs, outputs }, read, { labels, positions }) => {
    const width = (outputs[0] as Value).shape[1] as number;
    const out = new Float64Array(positions.length * width);
    for (const [row, label] of labels.entries()) {
      for (let i = 0; i < width; i++) add(out, label * width + i, at(read(inputs.gradient), row * width + i));
    }
    return [out];
  },

  crossEntropy: ({ inputs }, read, { targets, labelWeights = [] }) => {
    const logits = read(inputs.logits);
    const width = logits.length / targets.length;
    const losses = targets.map(
      (target, row) => -(labelWeights[row] ?? 1) * Math.log(at(softmax(logits, row, width), target)),
    );
    return [Float64Array.of(losses.reduce((sum, loss) => sum + loss, 0))];
  },

  crossEntropyGradient: ({ inputs }, read, { targets, labelWeights = [] }) => {
    const logits = read(inputs.logits);
    const width = logits.length / targets.length;
    return [
      byRow(logits, width, (_, start) => {
        const row = softmax(logits, start / width, width);
        add(row, targets[start / width] as number, -1);
        return row.map(value => value * (labelWeights[start / width] ?? 1));
      }),
    ];
  },

  teacherDivergence: ({ inputs, temperature }, read, { teacher = [] }) => {
    const logits = read(inputs.logits).map(value => value / temperature);
    const divergences = teacher.map(({ ids, probabilities, weight }, row) => {
      const { known, rest, left } = coarse(logits, row, teacher.length, ids, probabilities);
      const terms = probabilities.map((q, i) => q * Math.log(q / at(known, i)));
      return (
        weight * (terms.reduce((sum, term) => sum + term, 0) + (left > 0 ? left * Math.log(left / rest) : 0))
      );
    });
    return [Float64Array.of(temperature ** 2 * divergences.reduce((sum, one) => sum + one, 0))];
  },

  teacherDivergenceGradient: ({ inputs, temperature }, read, { teacher = [] }) => {
    const logits = read(inputs.logits).map(value => value / temperature);
    const width = logits.length / teacher.length;
    return [
      byRow(logits, width, (_, start) => {
        const row = start / width;
        const { ids, probabilities, weight } = teacher[row] as ReferenceTeacher;
        const { rest, left } = coarse(logits, row, teacher.length, ids, probabilities);
        // p - q for the tokens that the teacher knows; its rest is shared among the others as the student has it.
        return softmax(logits, row, width).map((p, id) => {
          const index = ids.indexOf(id);
          const q = index < 0 ? (left * p) / rest : (probabilities[index] as number);
          return weight * temperature * (p - q);
        });
      }),
    ];
  },
};

/** The student's probabilities of the teacher's tokens and of all others, and what the teacher leaves to those. */
function coarse(
  logits: Matrix,
  row: number,
  rows: number,
  ids: readonly number[],
  probabilities: readonly number[],
) {
  const p = softmax(logits, row, logits.length / rows);
  const known = Float64Array.from(ids, id => at(p, id));
  const rest = p.reduce((sum, value, id) => (ids.includes(id) ? sum : sum + value), 0);
  const left = 1 - probabilities.reduce((sum, q) => sum + q, 0);
  return { known, rest, left: rest > 0 && left > 0 ? left : 0 };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const activations: Readonly<Record<Activation, { value(x: number): number; slope(x: number): number }>> = {
  silu: { value: x => x * sigmoid(x), slope: x => sigmoid(x) * (1 + x * (1 - sigmoid(x))) },
  gelu: {
    value: x => 0.5 * x * (1 + geluTanh(x)),
    slope(x) {
      const tanh = geluTanh(x);
      return 0.5 * (1 + tanh + x * (1 - tanh * tanh) * geluRoot * (1 + 3 * geluCube * x * x));
    },
  },
};

const geluRoot = Math.sqrt(2 / Math.PI);
const geluCube = 0.044715;
const geluTanh = (x: number): number => Math.tanh(geluRoot * (x + geluCube * x ** 3));

/** Calls `visit` for every query and every key that it may see, with the probability and where each row starts. */
function forEachPair(
  form: AttentionForm,
  { examples, positions }: ReferenceInputs,
  q: Matrix,
  k: Matrix,
  visit: (probability: number, queryAt: number, keyAt: number) => void,
): void {
  const { heads, kvHeads, headSize, scale, window = Number.POSITIVE_INFINITY } = form;
  const sees = (query: number, key: number): boolean =>
    key <= query && examples[key] === examples[query] && at(positions, query) - at(positions, key) < window;
  for (let query = 0; query < examples.length; query++) {
    for (let head = 0; head < heads; head++) {
      const queryAt = (query * heads + head) * headSize;
      const keys = [...examples.keys()].filter(key => sees(query, key));
      const starts = keys.map(key => (key * kvHeads + Math.floor((head * kvHeads) / heads)) * headSize);
      const scores = Float64Array.from(starts, keyAt => scale * dot(q, queryAt, k, keyAt, headSize));
      for (const [index, probability] of softmax(scores, 0, scores.length).entries()) {
        visit(probability, queryAt, starts[index] as number);
      }
    }
  }
}

function rotated(q: Matrix, k: Matrix, v: Matrix, form: AttentionForm, run: ReferenceInputs) {
  const turn = (x: Matrix, heads: number): Matrix =>
    rotate(x.slice(), heads, form.headSize, form.rotary, run, 1);
  return { q: turn(q, form.heads), k: turn(k, form.kvHeads), v };
}

/** Turns each pair of each head by position * base^(-2i / dimensions) / divisor, in place; `sign` -1 turns back. */
function rotate(
  x: Matrix,
  heads: number,
  headSize: number,
  rotary: Rotary,
  { positions, weights }: ReferenceInputs,
  sign: 1 | -1,
): Matrix {
  const half = rotary.dimensions / 2;
  const { divisor = 1 } = rotary;
  const dividedBy = (i: number): number =>
    typeof divisor === 'number' ? divisor : at(weights.get(divisor) as Matrix, i);
  for (const [token, position] of positions.entries()) {
    for (let head = 0; head < heads; head++) {
      const start = (token * heads + head) * headSize;
      for (let i = 0; i < half; i++) {
        const angle = (sign * position * rotary.base ** (-i / half)) / dividedBy(i);
        const [a, b] =
          rotary.style === 'halves' ? [start + i, start + i + half] : [start + 2 * i, start + 2 * i + 1];
        const [left, right] = [at(x, a), at(x, b)];
        x[a] = left * Math.cos(angle) - right * Math.sin(angle);
        x[b] = right * Math.cos(angle) + left * Math.sin(angle);
      }
    }
  }
  return x;
}

function adapterSizes(A: Value, B: Value): { inner: number; rank: number; outer: number } {
  const [rank, inner] = A.shape as readonly [number, number];
  return { inner, rank, outer: B.shape[0] as number };
}

const at = (x: ArrayLike<number>, index: number): number => x[index] as number;

function add(x: Matrix, index: number, value: number): void {
  x[index] = at(x, index) + value;
}

const zip = (a: Matrix, b: Matrix, f: (a: number, b: number) => number): Matrix =>
  a.map((value, i) => f(value, at(b, i)));

const mean = (x: Matrix, f: (value: number, index: number) => number): number =>
  x.reduce((sum, value, index) => sum + f(value, index), 0) / x.length;

function dot(a: Matrix, aStart: number, b: Matrix, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += at(a, aStart + i) * at(b, bStart + i);
  return sum;
}

function byRow(x: Matrix, width: number, f: (row: Matrix, start: number) => Matrix): Matrix {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width)
    out.set(f(x.subarray(start, start + width), start), start);
  return out;
}

function softmax(x: Matrix, row: number, width: number): Matrix {
  const part = x.subarray(row * width, (row + 1) * width);
  const largest = part.reduce((a, b) => Math.max(a, b));
  const powers = part.map(value => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map(value => value / sum);
}

/** [n, inner] times [inner, outer]. */
function times(a: Matrix, b: Matrix, inner: number, outer: number): Matrix {
  const out = new Float64Array((a.length / inner) * outer);
  for (let row = 0; row < a.length / inner; row++) {
    for (let i = 0; i < inner; i++) {
      for (let column = 0; column < outer; column++)
        add(out, row * outer + column, at(a, row * inner + i) * at(b, i * outer + column));
    }
  }
  return out;
}

/** [n, inner] times the transpose of [outer, inner]. */
function timesTransposed(a: Matrix, b: Matrix, inner: number, outer: number): Matrix {
  const out = new Float64Array((a.length / inner) * outer);
  return out.map((_, i) => dot(a, Math.floor(i / outer) * inner, b, (i % outer) * inner, inner));
}

/** The transpose of [n, left] times [n, right]. */
function transposedTimes(a: Matrix, b: Matrix, left: number, right: number): Matrix {
  const out = new Float64Array(left * right);
  for (let row = 0; row < a.length / left; row++) {
    for (let i = 0; i < left; i++) {
      for (let j = 0; j < right; j++) add(out, i * right + j, at(a, row * left + i) * at(b, row * right + j));
    }
  }
  return out;
}
