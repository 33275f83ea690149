// Every family on ONNX Runtime against the float64 reference: whole prompts, pieces, decoding, trees and rows together.

import { afterAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../core/bytes.js';
import { SeededRandom } from '../../core/random.js';
import { type Family, readConfig } from '../../model/architecture/config.js';
import { decoderGraph } from '../../model/architecture/decoder.js';
import { families } from '../../model/architecture/families/index.js';
import { llama } from '../../model/architecture/families/llama.js';
import { prefillChunk } from '../../model/engine/run.js';
import { logSumExp } from '../../model/engine/score.js';
import type { Model } from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { open } from '../../model/index.js';
import type { Arithmetic } from '../../proto/messages.js';
import { evaluate } from '../helpers/reference.js';
import { type TinyModelOptions, tinyModel, tinyVocabulary } from '../helpers/tinyModel.js';

const window = 6;
const sizes = { layers: 3, heads: 4, kvHeads: 2, headSize: 16, window } as const;
const models: Model[] = [];
afterAll(() => {
  for (const model of models) model.close();
});

/** The model, and logits after each of some tokens as the reference has them. */
async function opened(family: Family, arithmetic: Arithmetic, options: TinyModelOptions = {}) {
  const bytes = tinyModel({ ...sizes, family, ...options });
  const source = readGguf(memorySource(bytes));
  const config = readConfig(source);
  const graph = decoderGraph(config);
  const weights = new Map(
    [...source.tensors.keys()].map(name => [name, Float64Array.from(source.read(name))]),
  );
  const table = weights.get(config.embedding.weight) as Float64Array;
  const reference = (ids: readonly number[]): Float32Array[] => {
    const places = [...ids.keys()];
    const values = evaluate(graph, {
      weights,
      embeddings: Float64Array.from(
        ids.flatMap(id => [...table.subarray(id * config.hidden, (id + 1) * config.hidden)]),
      ),
      parameters: new Map(),
      positions: places,
      examples: places.map(() => 0),
      labels: places,
      targets: places.map(() => 0),
    });
    const logits = values.get(graph.logits.id) as Float64Array;
    return places.map(place =>
      Float32Array.from(logits.subarray(place * tinyVocabulary, (place + 1) * tinyVocabulary)),
    );
  };
  const model = await open(memorySource(bytes), { arithmetic, capacity: 512 });
  models.push(model);
  return { model, reference };
}

const ids = (seed: number, length: number): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length }, () => random.below(tinyVocabulary));
};
const farthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

async function collect(tokens: AsyncIterable<number>): Promise<number[]> {
  const out: number[] = [];
  for await (const token of tokens) out.push(token);
  return out;
}

/** Greedy tokens of the reference, one whole pass a token. */
function greedy(
  reference: (ids: readonly number[]) => Float32Array[],
  prompt: number[],
  count: number,
): number[] {
  const all = [...prompt];
  for (let n = 0; n < count; n++) {
    const last = reference(all).at(-1) as Float32Array;
    all.push(last.indexOf(Math.max(...last)));
  }
  return all.slice(prompt.length);
}

describe.each(families)('$architecture', family => {
  it('has the logits of the reference, within the window and past it', async () => {
    const { model, reference } = await opened(family, 'exact');
    const prompt = ids(1, 24);
    const expected = reference(prompt);
    for (const length of [1, window - 1, window, window + 1, window + 2, 24])
      expect(
        farthest(await model.logits(prompt.slice(0, length)), expected[length - 1] as Float32Array),
      ).toBeLessThan(2e-4);
  });

  it('has them after a prompt that is run in pieces', async () => {
    const { model, reference } = await opened(family, 'exact');
    const prompt = ids(9, prefillChunk + 4);
    const expected = reference(prompt).at(-1) as Float32Array;
    expect(farthest(await model.logits(prompt), expected)).toBeLessThan(2e-4);
  });

  it('decodes as the reference does, alone and in rows', async () => {
    const { model, reference } = await opened(family, 'exact');
    const prompts = [ids(2, 3), ids(3, 9), ids(4, 17)];
    const expected = prompts.map(prompt => greedy(reference, prompt, 8));
    const requests = prompts.map(prompt => ({ ids: prompt, maxTokens: 8, stop: [] }));
    expect(await model.generateBatch(requests)).toEqual(expected);
    for (const [n, request] of requests.entries())
      expect(await collect(model.generate(request))).toEqual(expected[n]);
  });

  it('scores trees of continuations as the reference does', async () => {
    const { model, reference } = await opened(family, 'exact');
    const prompt = ids(5, 11);
    // Branches of which the later stand farther from the prompt in the cache than in their text.
    const continuations = [ids(6, 9), ids(7, 9), [...ids(6, 4), 5, 6, 7, 8]];
    const scores = await model.score({ ids: prompt, continuations });
    for (const [n, continuation] of continuations.entries()) {
      const logits = reference([...prompt, ...continuation]);
      const sum = continuation.reduce((total, id, place) => {
        const row = logits[prompt.length + place - 1] as Float32Array;
        return total + (row[id] as number) - logSumExp(row);
      }, 0);
      expect(Math.abs((scores[n] as number) - sum)).toBeLessThan(1e-3);
    }
  });

  it('is near the reference in fast arithmetic', async () => {
    const { model, reference } = await opened(family, 'fast');
    const prompt = ids(8, 20);
    const expected = reference(prompt).at(-1) as Float32Array;
    const found = await model.logits(prompt);
    const spread = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
    expect(farthest(found, expected)).toBeLessThan(0.15 * spread);
  });
});

it('has the logits of the reference where only a part of each head is rotated', async () => {
  const { model, reference } = await opened(llama, 'exact', { headSize: 32, rotaryDimensions: 16 });
  const prompt = ids(9, 20);
  const expected = reference(prompt).at(-1) as Float32Array;
  expect(farthest(await model.logits(prompt), expected)).toBeLessThan(1e-4);
  const made = await collect(model.generate({ ids: prompt, maxTokens: 6, stop: [] }));
  expect(made).toEqual(greedy(reference, prompt, 6));
});

it.each([{ headSize: 24 }, { headSize: 16, rotaryDimensions: 8 }])(
  'refuses heads that the attention kernel does not take: %o',
  async size => {
    const model = await open(memorySource(tinyModel({ ...size, weights: 'F32' })), {
      arithmetic: 'exact',
    });
    models.push(model);
    const unsupported = { code: 'architecture/unsupported' };
    await expect(model.logits([1])).rejects.toMatchObject(unsupported);
    const shape = { mode: 'lora', rank: 2, alpha: 4, targets: ['q'] } as const;
    const options = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 1 };
    const train = async () =>
      (await model.trainer(options, { seed: 1 })).step([{ prompt: [1, 2], answer: [3] }]);
    await expect(train()).rejects.toMatchObject(unsupported);
  },
);
