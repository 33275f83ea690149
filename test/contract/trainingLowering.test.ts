// The training graph on ONNX Runtime against the float64 reference, on a tiny decoder whose every gradient is compared.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/random.js';
import { type DecoderConfig, readConfig } from '../../model/architecture/config.js';
import { decoderGraph } from '../../model/architecture/decoder.js';
import type { Node, Value } from '../../model/architecture/graph.js';
import { backward } from '../../model/autodiff/backward.js';
import { evaluate } from '../../model/autodiff/reference.js';
import { causalMask, type PackedRun, packRuns } from '../../model/engine/trainerBatch.js';
import type { TrainingExample } from '../../model/engine/types.js';
import { dequantise } from '../../model/formats/blocks.js';
import { type Gguf, readGguf, tensorBytes } from '../../model/formats/gguf.js';
import { sessionOptions } from '../../model/lowering/linear.js';
import { gradientName, lowerTraining, parameterName, trainingNames } from '../../model/lowering/training.js';
import { WeightStore } from '../../model/lowering/weights.js';
import { Tensor } from '../../model/runtime/index.js';
import type { AdapterShape, Arithmetic, LinearTarget } from '../../proto/messages.js';
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
  return { ...model, config: { ...model.config, rotary: { base: 500, dimensions, style: 'halves' } } };
};

function drawExamples(random: SeededRandom): TrainingExample[] {
  const draw = (count: number): number[] => Array.from({ length: count }, () => random.below(tinyVocabulary));
  return lengths.map(([prompt, answer]) => ({ prompt: draw(prompt), answer: draw(answer) }));
}

/** Loss and gradients by ONNX Runtime and by the reference, side by side. */
async function compare({ config, store, weights }: Case, shape: AdapterShape, arithmetic: Arithmetic) {
  const random = new SeededRandom(11);
  const [run] = packRuns(drawExamples(random), 64, tinyVocabulary) as [PackedRun];
  const forward = decoderGraph(config, shape);
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
  };
  const expected = evaluate(back, reference, evaluate(forward, reference));

  const session = store.open(lowerTraining(forward, store, arithmetic, 64), sessionOptions(arithmetic, 1));
  const inputs = {
    rows: new Tensor('float32', Float32Array.from(rows), [run.ids.length, hidden]),
    slots: new Tensor('int64', run.slots, [run.examples, run.length]),
    filled: new Tensor('float32', run.filled, [run.examples, run.length, 1]),
    places: new Tensor('int64', run.places, [run.places.length]),
    mask: new Tensor('float32', causalMask(run.length), [run.length, run.length]),
    labels: new Tensor('int64', run.labels, [run.labels.length, 1]),
    targets: new Tensor('int64', run.targets, [run.targets.length, 1]),
    ...Object.fromEntries(
      [...values].map(([node, drawn]) => [parameterName(node), new Tensor('float32', drawn, sizeOf(node))]),
    ),
  };
  const loss = Tensor.zeros('float32', []);
  const gradients = back.gradients.map(({ parameter, gradient }) => ({
    name: gradientName(parameter),
    found: Tensor.zeros('float32', sizeOf(parameter)),
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

const outputOf = (node: Node): Value => node.outputs[0] as Value;
const sizeOf = (node: Node): readonly [number, number] => outputOf(node).shape as readonly [number, number];

const norm = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (norm(a) * norm(b));

describe('the training graph agrees with the reference', () => {
  let grouped: Case;
  let plain: Case;
  beforeAll(() => {
    grouped = open({ heads: 4, kvHeads: 2, headSize: 16 });
    plain = open({ layers: 1, heads: 2, kvHeads: 2, seed: 3 });
  });
  afterAll(() => {
    grouped.store.close();
    plain.store.close();
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
    ['A frozen', () => grouped, { mode: 'ffa', rank: 4, alpha: 8, targets: ['v', 'down'] }],
  ] as const)('exact: %s', async (_, model, shape) => {
    const { loss, expectedLoss, gradients } = await compare(model(), shape, 'exact');
    expect(Math.abs(loss - expectedLoss) / expectedLoss).toBeLessThan(1e-5);
    for (const { name, found, expected } of gradients) {
      expect(Math.abs(norm(found.data) / norm(expected) - 1), name).toBeLessThan(1e-4);
      expect(cosine(found.data, expected), name).toBeGreaterThan(0.999999);
    }
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
