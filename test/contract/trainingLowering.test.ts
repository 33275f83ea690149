// The training graph on ONNX Runtime against the float64 reference, on a tiny decoder whose every gradient is compared.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/random.js';
import { type DecoderConfig, readConfig } from '../../model/architecture/config.js';
import { decoderGraph } from '../../model/architecture/decoder.js';
import { families } from '../../model/architecture/families/index.js';
import type { Node, Value } from '../../model/architecture/graph.js';
import { backward } from '../../model/autodiff/backward.js';
import { causalMask, type PackedRun, packRuns } from '../../model/engine/trainerBatch.js';
import type { TrainingExample } from '../../model/engine/types.js';
import { dequantise } from '../../model/formats/blocks.js';
import { type Gguf, readGguf } from '../../model/formats/gguf.js';
import { sessionOptions } from '../../model/lowering/linear.js';
import { gradientName, lowerTraining, parameterName, trainingNames } from '../../model/lowering/training.js';
import { WeightStore } from '../../model/lowering/weights.js';
import { Tensor } from '../../model/runtime/index.js';
import type { AdapterShape, Arithmetic, LinearTarget } from '../../proto/messages.js';
import { tensorBytes } from '../helpers/ggufTensors.js';
import { evaluate } from '../helpers/reference.js';
import { tinyModel, tinyVocabulary } from '../helpers/tinyModel.js';

const all: readonly LinearTarget[] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
const lengths = [
  [5, 3],
  [9, 1],
  [2, 2],
] as const;

interface Case {
  readonly config: DecoderConfig;
  readonly store: WeightStore;
  readonly weights: ReadonlyMap<string, Float64Array>;
}

function open(options: Parameters<typeof tinyModel>[0]): Case {
  const bytes = tinyModel(options);
  const gguf = readGguf({
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  });
  return { config: readConfig(gguf), store: new WeightStore(gguf), weights: decoded(gguf) };
}

const decoded = (gguf: Gguf): Map<string, Float64Array> =>
  new Map(
    [...gguf.tensors].map(([name, tensor]) => [
      name,
      Float64Array.from(dequantise(tensor.type, tensorBytes(gguf, tensor))),
    ]),
  );

/** As other families have it: the halves of a head turn together, and only half of them turn. */
const halves = (model: Case): Case => {
  const dimensions = model.config.headSize / 2;
  const rotary = { base: 500, dimensions, style: 'halves' } as const;
  const layers = model.config.layers.map(layer => ({ ...layer, rotary }));
  return { ...model, config: { ...model.config, layers } };
};

function drawExamples(random: SeededRandom): TrainingExample[] {
  const draw = (count: number): number[] => Array.from({ length: count }, () => random.below(tinyVocabulary));
  return lengths.map(([prompt, answer]) => ({ prompt: draw(prompt), answer: draw(answer) }));
}

/** The same with weights, and a teacher for all but the last. */
function withTeacher(examples: readonly TrainingExample[], random: SeededRandom): TrainingExample[] {
  return examples.map((example, index) => {
    const weights = example.answer.map((_, i) => (i === 0 ? 0.75 : random.below(4) / 4));
    const teacher = example.answer.map(() => {
      const ids = [
        ...new Set(Array.from({ length: 1 + random.below(5) }, () => random.below(tinyVocabulary))),
      ];
      return { ids, logProbabilities: ids.map(() => Math.log(random.below(99) / 100 / ids.length + 1e-4)) };
    });
    return { ...example, weights, ...(index < examples.length - 1 && { teacher }) };
  });
}

interface Options {
  readonly teacher?: { readonly share: number; readonly temperature: number };
  readonly perExample?: boolean;
  readonly recompute?: 'none' | 'layers';
}

/** Loss and gradients by ONNX Runtime and by the reference, side by side. */
async function compare(
  { config, store, weights }: Case,
  shape: AdapterShape,
  arithmetic: Arithmetic,
  { teacher, perExample = false, recompute = 'none' }: Options = {},
) {
  const random = new SeededRandom(11);
  const drawn = drawExamples(random);
  const limits = { maxTokens: 64, vocabulary: tinyVocabulary, teacher };
  const [run] = packRuns(teacher ? withTeacher(drawn, random) : drawn, limits) as [PackedRun];
  const forward = decoderGraph(config, shape, teacher && { temperature: teacher.temperature });
  const back = backward(forward);
  const parameters = forward.nodes.filter((node): node is Node<'parameter'> => node.kind === 'parameter');
  const values = new Map(
    parameters.map(node => {
      const [rows, columns] = sizeOf(node);
      const deviation = node.side === 'A' ? 0.15 : 0.1;
      const drawn = Array.from({ length: rows * columns }, () => deviation * (random.uint32() / 2 ** 31 - 1));
      return [node, Float32Array.from(drawn)] as const;
    }),
  );

  const { hidden } = config;
  const embedding = weights.get(config.embedding.weight) as Float64Array;
  const rows = Float64Array.from(
    run.ids.flatMap(id => [...embedding.subarray(id * hidden, (id + 1) * hidden)]),
  );
  const reference = {
    weights,
    embeddings: rows,
    parameters: new Map([...values].map(([node, drawn]) => [outputOf(node).id, Float64Array.from(drawn)])),
    positions: [...run.places].map(place => Number(place) % run.length),
    examples: [...run.places].map(place => Math.floor(Number(place) / run.length)),
    labels: [...run.labels].map(Number),
    targets: [...run.targets].map(Number),
    labelWeights: [...run.weights],
    teacher: unpacked(run),
  };
  const expected = evaluate(back, reference, evaluate(forward, reference));

  const session = await store.open(
    lowerTraining(forward, store, arithmetic, 64, { perExample, recompute }),
    sessionOptions(arithmetic, 1),
  );
  const inputs = {
    rows: new Tensor(
      'float32',
      Float32Array.from(rows, value => value * config.embedding.scale),
      [run.ids.length, hidden],
    ),
    slots: new Tensor('int64', run.slots, [run.examples, run.length]),
    filled: new Tensor('float32', run.filled, [run.examples, run.length, 1]),
    places: new Tensor('int64', run.places, [run.places.length]),
    mask: new Tensor('float32', causalMask(run.length), [run.length, run.length]),
    labels: new Tensor('int64', run.labels, [run.labels.length, 1]),
    targets: new Tensor('int64', run.targets, [run.targets.length, 1]),
    labelWeights: new Tensor('float32', run.weights, [run.targets.length, 1]),
    ...(teacher && teacherTensors(run)),
    ...Object.fromEntries(
      [...values].map(([node, drawn]) => [parameterName(node), new Tensor('float32', drawn, sizeOf(node))]),
    ),
  };
  const loss = Tensor.zeros('float32', []);
  const gradients = back.gradients.map(({ parameter, gradient }) => ({
    name: gradientName(parameter),
    found: Tensor.zeros('float32', [...(perExample ? [run.examples] : []), ...sizeOf(parameter)]),
    expected: expected.get(gradient.id) as Float64Array,
  }));
  const outputs = {
    [trainingNames.loss]: loss,
    ...Object.fromEntries(gradients.map(({ name, found }) => [name, found])),
  };
  const binding = session.bind({ inputs, outputs });
  await session.run(binding);
  const first = gradients.map(({ found }) => found.data.slice());
  await session.run(binding);
  expect(gradients.map(({ found }) => found.data)).toEqual(first);
  const result = {
    loss: loss.data[0] as number,
    expectedLoss: expected.get(forward.loss.id)?.[0] as number,
    gradients,
  };
  binding.close();
  session.close();
  return result;
}

/** What the packed teacher says, label by label. */
const unpacked = ({ teacher: { width, ids, shares, kept, weights } }: PackedRun) =>
  [...weights].map((weight, row) => {
    const mine = [...ids.keys()].slice(row * width, (row + 1) * width).filter(i => kept[i] === 1);
    return {
      ids: mine.map(i => Number(ids[i])),
      probabilities: mine.map(i => shares[i] as number),
      weight,
    };
  });

const teacherTensors = ({ teacher: { width, ...teacher }, labels: { length } }: PackedRun) => ({
  teacherIds: new Tensor('int64', teacher.ids, [length, width]),
  teacherShares: new Tensor('float32', teacher.shares, [length, width]),
  teacherKept: new Tensor('float32', teacher.kept, [length, width]),
  teacherRest: new Tensor('float32', teacher.rest, [length, 1]),
  teacherEntropy: new Tensor('float32', teacher.entropy, [length, 1]),
  teacherWeights: new Tensor('float32', teacher.weights, [length, 1]),
});

const outputOf = (node: Node): Value => node.outputs[0] as Value;
const sizeOf = (node: Node): readonly [number, number] => outputOf(node).shape as readonly [number, number];

const norm = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (norm(a) * norm(b));

describe('the training graph agrees with the reference', () => {
  let grouped: Case;
  let plain: Case;
  const others = new Map<string, Case>();
  beforeAll(() => {
    // Longer than the window of Gemma's first layer: the examples below have up to ten tokens.
    for (const family of families.filter(({ architecture }) => architecture !== 'llama'))
      others.set(family.architecture, open({ family, heads: 4, kvHeads: 2, headSize: 16, window: 4 }));
    grouped = open({ heads: 4, kvHeads: 2, headSize: 32 });
    plain = open({ layers: 1, heads: 2, kvHeads: 2, seed: 3 });
  });
  afterAll(() => {
    grouped.store.close();
    plain.store.close();
    for (const { store } of others.values()) store.close();
  });

  test.each([
    ['LoRA on all targets, grouped heads', () => grouped, { mode: 'lora', rank: 4, alpha: 8, targets: all }],
    [
      'LoRA on q and v, one key head a query head',
      () => plain,
      { mode: 'lora', rank: 3, alpha: 3, targets: ['q', 'v'] },
    ],
    [
      'rotary halves of a part of each head',
      () => halves(grouped),
      { mode: 'lora', rank: 2, alpha: 2, targets: ['q', 'k'] },
    ],
    ...families
      .filter(({ architecture }) => architecture !== 'llama')
      .map(
        ({ architecture }) =>
          [
            `LoRA on all targets, ${architecture}`,
            () => others.get(architecture) as Case,
            { mode: 'lora', rank: 4, alpha: 8, targets: all },
          ] as const,
      ),
    ['A frozen', () => grouped, { mode: 'ffa', rank: 4, alpha: 8, targets: ['v', 'down'] }],
  ] as const)('exact: %s', async (_, model, shape) => {
    const { loss, expectedLoss, gradients } = await compare(model(), shape, 'exact');
    expect(Math.abs(loss - expectedLoss) / expectedLoss).toBeLessThan(1e-5);
    for (const { name, found, expected } of gradients) {
      expect(Math.abs(norm(found.data) / norm(expected) - 1), name).toBeLessThan(1e-4);
      expect(cosine(found.data, expected), name).toBeGreaterThan(0.999999);
    }
  });

  test.each([1, 2.5])('exact: with weights and a teacher at temperature %f', async temperature => {
    const shape = { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'down'] } as const;
    const options = { teacher: { share: 0.6, temperature } };
    const { loss, expectedLoss, gradients } = await compare(grouped, shape, 'exact', options);
    expect(Math.abs(loss - expectedLoss) / expectedLoss).toBeLessThan(1e-5);
    for (const { name, found, expected } of gradients) {
      expect(Math.abs(norm(found.data) / norm(expected) - 1), name).toBeLessThan(1e-4);
      expect(cosine(found.data, expected), name).toBeGreaterThan(0.999999);
    }
  });

  test('exact: the gradients of the examples apart add up to the whole', async () => {
    const shape = { mode: 'lora', rank: 3, alpha: 8, targets: all } as const;
    const { gradients } = await compare(grouped, shape, 'exact', { perExample: true });
    for (const { name, found, expected } of gradients) {
      const sum = expected.map((_, i) =>
        lengths.reduce((total, _length, row) => total + (found.data[row * expected.length + i] as number), 0),
      );
      expect(Math.abs(norm(sum) / norm(expected) - 1), name).toBeLessThan(1e-4);
      expect(cosine(sum, expected), name).toBeGreaterThan(0.999999);
    }
  });

  test.each([
    ['LoRA on q and v', () => plain, { mode: 'lora', rank: 3, alpha: 3, targets: ['q', 'v'] }],
    ['LoRA on all targets', () => grouped, { mode: 'lora', rank: 4, alpha: 8, targets: all }],
    [
      'Gemma 3',
      () => others.get('gemma3') as Case,
      { mode: 'lora', rank: 4, alpha: 8, targets: ['k', 'o', 'up'] },
    ],
  ] as const)('recomputing layer by layer gives the same to the last bit: %s', async (_, model, shape) => {
    const kept = await compare(model(), shape, 'exact');
    const again = await compare(model(), shape, 'exact', { recompute: 'layers' });
    expect(again.loss).toBe(kept.loss);
    for (const [index, { name, found }] of again.gradients.entries())
      expect(found.data, name).toEqual(kept.gradients[index]?.found.data);
  });

  test('fast: 8 bits both ways point the same way', async () => {
    const shape = { mode: 'lora', rank: 4, alpha: 8, targets: all } as const;
    const { loss, expectedLoss, gradients } = await compare(grouped, shape, 'fast');
    expect(Math.abs(loss - expectedLoss) / expectedLoss).toBeLessThan(0.02);
    for (const { name, found, expected } of gradients) {
      expect(cosine(found.data, expected), name).toBeGreaterThan(0.98);
    }
  });
});
