// Every gradient rule against central differences, on shapes that fast-check chooses.

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../core/random.js';
import { GraphBuilder } from '../../../model/architecture/builder.js';
import type {
  Activation,
  ForwardKind,
  FrozenWeight,
  Node,
  Rotary,
  Shape,
  Value,
} from '../../../model/architecture/graph.js';
import { rules } from '../../../model/autodiff/rules.js';
import { evaluate, type ReferenceInputs } from '../../helpers/reference.js';

const fixture = JSON.parse(
  await readFile(new URL('../../fixtures/learning.json', import.meta.url), 'utf8'),
) as {
  readonly divergence: readonly {
    readonly temperature: number;
    readonly logits: number[];
    readonly teacher: readonly { readonly ids: number[]; readonly logProbabilities: number[] }[];
    readonly weights: number[];
    readonly loss: number;
    readonly gradient: number[];
  }[];
};

interface Sizes {
  readonly seed: number;
  /** Lengths of the examples that are packed into one sequence. */
  readonly lengths: readonly number[];
  readonly width: number;
  readonly other: number;
  readonly rank: number;
}

const sizes = fc.record({
  seed: fc.nat(),
  lengths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  width: fc.integer({ min: 1, max: 5 }),
  other: fc.integer({ min: 1, max: 5 }),
  rank: fc.integer({ min: 1, max: 3 }),
});

/** One node of each kind over inputs that `value` makes. */
type Subject = (value: (...shape: Shape) => Value, sizes: Sizes) => { node: Node; shapes: readonly Shape[] };

const weight = (name: string, rows: number, columns: number): FrozenWeight => ({ name, rows, columns });

const attention =
  (
    style: Rotary['style'],
    heads: number,
    kvHeads: number,
    dimensions: number,
    window?: number,
    divisor = 1 as number | string,
  ): Subject =>
  value => {
    const headSize = 4;
    const rotary = { base: 100, dimensions, style, divisor };
    const inputs = {
      q: value('tokens', heads * headSize),
      k: value('tokens', kvHeads * headSize),
      v: value('tokens', kvHeads * headSize),
    };
    const form = { layer: 0, heads, kvHeads, headSize, scale: 0.6, rotary };
    const attention = window === undefined ? form : { ...form, window };
    return {
      node: { kind: 'attention', inputs, attention, outputs: [] },
      shapes: [['tokens', heads * headSize]],
    };
  };

const gated =
  (activation: Activation): Subject =>
  (value, { width }) => ({
    node: {
      kind: 'gatedActivation',
      inputs: { gate: value('tokens', width), up: value('tokens', width) },
      activation,
      outputs: [],
    },
    shapes: [['tokens', width]],
  });

const subjects: Readonly<Record<string, Subject>> = {
  add: (value, { width }) => ({
    node: { kind: 'add', inputs: { a: value('tokens', width), b: value('tokens', width) }, outputs: [] },
    shapes: [['tokens', width]],
  }),
  norm: (value, { width }) => ({
    node: {
      kind: 'norm',
      inputs: { x: value('tokens', width) },
      weight: 'norm',
      epsilon: 1e-2,
      width,
      outputs: [],
    },
    shapes: [['tokens', width]],
  }),
  'norm of each head': (value, { width }) => ({
    node: {
      kind: 'norm',
      inputs: { x: value('tokens', 3 * width) },
      weight: 'norm',
      epsilon: 1e-2,
      width,
      outputs: [],
    },
    shapes: [['tokens', 3 * width]],
  }),
  'frozenLinear of two weights with biases': (value, { width, other }) => ({
    node: {
      kind: 'frozenLinear',
      inputs: { x: value('tokens', width) },
      weights: [
        { ...weight('first', other, width), bias: 'bias' },
        { ...weight('second', other + 1, width), bias: 'bias' },
      ],
      outputs: [],
    },
    shapes: [
      ['tokens', other],
      ['tokens', other + 1],
    ],
  }),
  adapter: (value, { width, other, rank }) => ({
    node: {
      kind: 'adapter',
      inputs: { x: value('tokens', width), A: value(rank, width), B: value(other, rank) },
      layer: 0,
      target: 'q',
      scale: 1.7,
      outputs: [],
    },
    shapes: [['tokens', other]],
  }),
  'attention, interleaved rotary': attention('interleaved', 2, 1, 4),
  'attention, rotary halves of a part of the head': attention('halves', 3, 3, 2),
  'attention, rotary frequencies divided': attention('halves', 2, 1, 4, undefined, 'divisors'),
  'attention, in a window of two': attention('halves', 2, 1, 4, 2),
  'gatedActivation, silu': gated('silu'),
  'gatedActivation, gelu': gated('gelu'),
  gatherLabels: (value, { width }) => ({
    node: { kind: 'gatherLabels', inputs: { x: value('tokens', width) }, outputs: [] },
    shapes: [['labels', width]],
  }),
  crossEntropy: (value, { width }) => ({
    node: { kind: 'crossEntropy', inputs: { logits: value('labels', width) }, outputs: [] },
    shapes: [[]],
  }),
  teacherDivergence: (value, { width }) => ({
    node: {
      kind: 'teacherDivergence',
      inputs: { logits: value('labels', width) },
      temperature: 1.6,
      outputs: [],
    },
    shapes: [[]],
  }),
};

describe('gradient rules agree with central differences', () => {
  for (const [name, subject] of Object.entries(subjects)) {
    test(name, () => {
      fc.assert(
        fc.property(sizes, chosen => checkRule(subject, chosen)),
        { numRuns: 30 },
      );
    });
  }

  test('every kind with inputs has a subject', () => {
    const covered = new Set(Object.keys(subjects).map(name => name.split(/[ ,]/)[0]));
    const sources: readonly ForwardKind[] = ['embeddingRows', 'parameter'];
    const kinds = (Object.keys(rules) as ForwardKind[]).filter(kind => !sources.includes(kind));
    expect(kinds.filter(kind => !covered.has(kind))).toEqual([]);
  });
});

describe('the divergence from a teacher is that of PyTorch', () => {
  test.each(fixture.divergence)('temperature $temperature', one => {
    const { logits, teacher, weights, temperature } = one;
    const labels = teacher.map((_, row) => row);
    const inputs: ReferenceInputs = {
      weights: new Map(),
      embeddings: new Float64Array(),
      parameters: new Map(),
      positions: labels,
      examples: labels,
      labels,
      targets: labels,
      teacher: teacher.map(({ ids, logProbabilities }, row) => ({
        ids,
        probabilities: logProbabilities.map(Math.exp),
        weight: weights[row] as number,
      })),
    };
    const graph = new GraphBuilder();
    const given = graph.one({ kind: 'embeddingRows', inputs: {}, weight: '', scale: 1 }, ['labels', 11]);
    const loss = graph.one({ kind: 'teacherDivergence', inputs: { logits: given }, temperature }, []);
    const gradient = graph.one(
      { kind: 'teacherDivergenceGradient', inputs: { logits: given }, temperature },
      given.shape,
    );
    const found = evaluate(graph, { ...inputs, embeddings: Float64Array.from(logits) });
    expect(found.get(loss.id)?.[0]).toBeCloseTo(one.loss, 6);
    for (const [i, expected] of one.gradient.entries())
      expect(found.get(gradient.id)?.[i]).toBeCloseTo(expected, 6);
  });
});

/** d (sum of c * outputs) / d input by the rule, against (f(x + h) - f(x - h)) / 2h for every element of every input. */
function checkRule(subject: Subject, chosen: Sizes): void {
  const random = new SeededRandom(chosen.seed);
  const draw = (count: number): Float64Array =>
    Float64Array.from({ length: count }, () => random.uint32() / 2 ** 31 - 1);
  const positions = chosen.lengths.flatMap(length => Array.from({ length }, (_, i) => i));
  const labels = positions.map((_, token) => token).filter((_, token) => token % 2 === 0);
  const count = (shape: Shape): number =>
    shape.reduce<number>(
      (n, d) => n * (d === 'tokens' ? positions.length : d === 'labels' ? labels.length : d),
      1,
    );
  const inputs: ReferenceInputs = {
    weights: new Map([
      ['norm', draw(chosen.width)],
      ['first', draw(chosen.other * chosen.width)],
      ['second', draw((chosen.other + 1) * chosen.width)],
      ['bias', draw(chosen.other + 1)],
      ['divisors', Float64Array.of(1, 3)],
    ]),
    embeddings: new Float64Array(),
    parameters: new Map(),
    positions,
    examples: chosen.lengths.flatMap((length, example) => Array<number>(length).fill(example)),
    labels,
    targets: labels.map(() => random.below(chosen.width)),
    labelWeights: labels.map(() => random.below(5) / 4),
    teacher: labels.map(() => {
      const shares = Array.from({ length: chosen.width }, () => 1 + random.below(9));
      const sum = shares.reduce((a, b) => a + b);
      const ids = random.shuffle([...shares.keys()]).slice(0, 1 + random.below(chosen.width));
      return { ids, probabilities: ids.map(id => (shares[id] as number) / sum), weight: random.below(5) / 4 };
    }),
  };

  const known = new Map<number, Float64Array>();
  const made: Value[] = [];
  const value = (...shape: Shape): Value => {
    const one = { id: made.length, shape };
    made.push(one);
    known.set(one.id, draw(count(shape)));
    return one;
  };
  const { node: draft, shapes } = subject(value, chosen);
  const arguments_ = [...made];
  const outputs = shapes.map((shape, index) => ({ id: 100 + index, shape }));
  const node = { ...draft, outputs } as Node;
  const gradients = shapes.map(shape => value(...shape));
  if (node.kind === 'crossEntropy' || node.kind === 'teacherDivergence')
    known.get(gradients[0]?.id as number)?.fill(1);

  const objective = (): number => {
    const results = evaluate({ nodes: [node] }, inputs, known);
    return outputs.reduce((sum, output, index) => {
      const weights = known.get(gradients[index]?.id as number) as Float64Array;
      return (
        sum + (results.get(output.id) as Float64Array).reduce((s, y, i) => s + y * (weights[i] as number), 0)
      );
    }, 0);
  };

  const graph = new GraphBuilder(200);
  const rule = rules[node.kind as ForwardKind] as (
    ...args: unknown[]
  ) => readonly (readonly [Value, Value])[];
  const contributions = rule(node, gradients, { graph, needs: () => true });
  expect(contributions.map(([input]) => input.id).sort()).toEqual(arguments_.map(one => one.id).sort());
  const results = evaluate(graph, inputs, known);
  for (const [input, gradient] of contributions) {
    expect(gradient.shape).toEqual(input.shape);
    const x = known.get(input.id) as Float64Array;
    const found = results.get(gradient.id) as Float64Array;
    expect(found.length).toBe(x.length);
    for (let i = 0; i < x.length; i++) {
      const [before, h] = [x[i] as number, 1e-5];
      x[i] = before + h;
      const above = objective();
      x[i] = before - h;
      const below = objective();
      x[i] = before;
      expect(Math.abs((found[i] as number) - (above - below) / (2 * h))).toBeLessThan(1e-6);
    }
  }
}
