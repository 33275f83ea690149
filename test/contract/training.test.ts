// A trainer over an open tiny model: it learns, repeats itself bit by bit, goes on from a checkpoint, and stops when asked.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSkeinError } from '../../core/errors.js';
import { SeededRandom } from '../../core/random.js';
import { learningRateShare } from '../../model/engine/learningRate.js';
import { openModel } from '../../model/engine/model.js';
import { decodeTrainerState, encodeTrainerState } from '../../model/engine/trainerState.js';
import type {
  Model,
  TeacherLogits,
  Trainer,
  TrainerOptions,
  TrainingExample,
} from '../../model/engine/types.js';
import { liveHandles } from '../../model/runtime/index.js';
import type { AdapterShape, Arithmetic, NamedTensor } from '../../proto/messages.js';
import { tinyModel, tinyVocabulary } from '../helpers/tinyModel.js';

const lora: AdapterShape = { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v', 'down'] };
const ffa: AdapterShape = { ...lora, mode: 'ffa' };
const options = (shape: AdapterShape, more: Partial<TrainerOptions> = {}): TrainerOptions => ({
  shape,
  learningRate: 0.02,
  weightDecay: 0.01,
  clipNorm: 1,
  ...more,
});

/** Each answer is a function of the prompt, so that there is something to learn. */
function examples(count: number, seed = 1): TrainingExample[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => {
    const first = random.below(6);
    const filling = Array.from({ length: 2 + random.below(6) }, () => random.below(tinyVocabulary));
    return { prompt: [10 + first, ...filling], answer: [40 + first, 60 + first, 2] };
  });
}

const bits = (tensors: readonly NamedTensor[]): unknown =>
  tensors.map(({ name, values }) => [
    name,
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex'),
  ]);
const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  const error = await work.then(
    () => undefined,
    thrown => thrown as unknown,
  );
  return isSkeinError(error) ? error.code : undefined;
};

const normOf = (tensors: readonly NamedTensor[]): number =>
  Math.sqrt(
    tensors.reduce((sum, { values }) => sum + values.reduce((all, value) => all + value * value, 0), 0),
  );

/** The `count` likeliest tokens with their log-probabilities at a temperature. */
function topOf(logits: Float32Array, count: number, temperature: number): TeacherLogits {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit / temperature), 0);
  const order = [...logits.keys()].sort((a, b) => (logits[b] as number) - (logits[a] as number));
  const ids = order.slice(0, count);
  return { ids, logProbabilities: ids.map(id => (logits[id] as number) / temperature - Math.log(sum)) };
}

describe.each(['exact', 'fast'] as const satisfies readonly Arithmetic[])('trainer, %s', arithmetic => {
  const bytes = tinyModel();
  const source = {
    size: bytes.length,
    read: (at: number, length: number) => bytes.subarray(at, at + length),
  };
  let model: Model;
  const opened: Trainer[] = [];
  beforeAll(async () => {
    model = await openModel(source, { arithmetic });
  });
  afterAll(() => {
    for (const trainer of opened) trainer.close();
    model.close();
    expect(liveHandles()).toBe(0);
  });
  const trainer = async (
    chosen: TrainerOptions,
    start: Parameters<Model['trainer']>[1] = { seed: 5 },
  ): Promise<Trainer> => {
    const made = await model.trainer(chosen, start);
    opened.push(made);
    return made;
  };

  test.each([
    ['LoRA', lora],
    ['FFA', ffa],
  ])('%s learns', async (_, shape) => {
    const one = await trainer(options(shape));
    const batch = examples(8);
    const first = await one.step(batch);
    let last = first;
    for (let step = 0; step < 30; step++) last = await one.step(batch);
    expect(first.answerTokens).toBe(24);
    expect(first.gradientNorm).toBeGreaterThan(0);
    expect(last.loss).toBeLessThan(first.loss * 0.7);
  });

  test('what it learned answers', async () => {
    const one = await trainer(options(lora));
    const [example] = examples(1) as [TrainingExample];
    for (let step = 0; step < 25; step++) await one.step([example]);
    const adapter = model.loadAdapter(one.adapter());
    const ids: number[] = [];
    for await (const id of model.generate({ ids: example.prompt, maxTokens: 5, adapter })) ids.push(id);
    adapter.release();
    expect(ids).toEqual(example.answer);
  });

  test('the loss is the negative log-probability that scoring gives', async () => {
    const one = await trainer(options(lora));
    const [example] = examples(1, 9) as [TrainingExample];
    const { loss } = await one.gradients([example]);
    const scores = await model.score({ ids: example.prompt, continuations: [example.answer] });
    expect(Math.abs(loss + (scores[0] as number) / 3)).toBeLessThan(arithmetic === 'exact' ? 1e-4 : 0.1);
    // And with what it has learned, loaded as an adapter: alpha / rank counts the same in both.
    for (let step = 0; step < 3; step++) await one.step(examples(4, 9));
    const adapter = model.loadAdapter(one.adapter());
    const learned = await one.gradients([example]);
    const again = await model.score({ ids: example.prompt, continuations: [example.answer], adapter });
    adapter.release();
    expect(Math.abs(learned.loss - loss)).toBeGreaterThan(0.5);
    expect(Math.abs(learned.loss + (again[0] as number) / 3)).toBeLessThan(
      arithmetic === 'exact' ? 1e-4 : 0.1,
    );
  });

  test('a step is clipped to the norm, and takes the rate of its place in the schedule', async () => {
    const schedule = { kind: 'linear', steps: 4, warmupSteps: 2 } as const;
    const one = await trainer(options(lora, { clipNorm: 0.01, schedule }));
    const { gradientNorm, learningRate } = await one.step(examples(4));
    expect(gradientNorm).toBeGreaterThan(0.1);
    expect(learningRate).toBe(0.02 * learningRateShare(schedule, 0));
    // The first moment after the first step is a tenth of the gradient.
    const first = one.state().memory.find(({ name }) => name === 'first') as NamedTensor;
    expect(normOf([first])).toBeCloseTo(0.1 * 0.01, 6);
    expect((await one.step(examples(4))).learningRate).toBe(0.02 * learningRateShare(schedule, 1));
  });

  test('trainers of other shapes, one after the other, each have a session of their own', async () => {
    const batch = examples(2);
    for (const shape of [lora, { ...lora, rank: 2 }, { ...lora, targets: ['o'] }, ffa] as const) {
      const alone = await openModel(source, { arithmetic });
      const [here, there] = [
        await model.trainer(options(shape), { seed: 7 }),
        await alone.trainer(options(shape), { seed: 7 }),
      ];
      expect((await here.step(batch)).loss).toBe((await there.step(batch)).loss);
      expect(bits(here.adapter().tensors)).toEqual(bits(there.adapter().tensors));
      here.close();
      alone.close();
    }
  });

  test.each<[string, Partial<TrainerOptions>]>([
    ['AdamW', {}],
    [
      'AdamW with LoRA+ and a schedule',
      { loraPlusRatio: 4, schedule: { kind: 'cosine', steps: 5, warmupSteps: 2 } },
    ],
    ['Adafactor', { optimizer: { kind: 'adafactor' }, schedule: { kind: 'linear', steps: 5 } }],
  ])('%s: the same steps give the same bits, and a checkpoint goes on from them', async (_, more) => {
    const batches = [1, 2, 3, 4].map(seed => examples(4, seed));
    const whole = await trainer(options(lora, more));
    const rates = [];
    for (const batch of batches) {
      await whole.accumulate(batch);
      rates.push((await whole.step(batch.slice(1))).learningRate);
    }

    // Torn in the middle of a step: half of its gradient is accumulated.
    const first = await trainer(options(lora, more));
    const found = [];
    for (const batch of batches.slice(0, 2)) {
      await first.accumulate(batch);
      found.push((await first.step(batch.slice(1))).learningRate);
    }
    await first.accumulate(batches[2] as TrainingExample[]);
    const second = await trainer(options(lora, more), { seed: 99 });
    second.restore(decodeTrainerState(encodeTrainerState(first.state())).state);
    expect(second.state()).toEqual(first.state());
    for (const [index, batch] of batches.slice(2).entries()) {
      if (index > 0) await second.accumulate(batch);
      found.push((await second.step(batch.slice(1))).learningRate);
    }
    expect(second.state().step).toBe(4);
    expect(found).toEqual(rates);
    expect(bits(second.adapter().tensors)).toEqual(bits(whole.adapter().tensors));
    expect(bits(second.state().memory)).toEqual(bits(whole.state().memory));
  });

  test('Adafactor learns, and keeps little', async () => {
    const adam = await trainer(options(lora));
    const lean = await trainer(options(lora, { optimizer: { kind: 'adafactor' } }));
    const batch = examples(8);
    const first = await lean.step(batch);
    let last = first;
    for (let step = 0; step < 30; step++) last = await lean.step(batch);
    expect(last.loss).toBeLessThan(first.loss * 0.7);
    expect(lean.optimizerBytes).toBeLessThan(adam.optimizerBytes / 5);
  });

  test('LoRA+ moves B further, in its ratio', async () => {
    const batch = examples(4);
    const changes = async (ratio: number): Promise<readonly number[]> => {
      const one = await trainer(options(lora, { loraPlusRatio: ratio, weightDecay: 0 }));
      await one.step(batch);
      return one
        .adapter()
        .tensors.map(({ values }) => values.reduce((most, w) => Math.max(most, Math.abs(w)), 0));
    };
    const [plain, plus] = [await changes(1), await changes(4)];
    const names = (await trainer(options(lora))).adapter().tensors.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      // B starts at zero, so that its size is what one step of AdamW moved it by.
      if (name.includes('.lora_B.'))
        expect((plus[index] as number) / (plain[index] as number)).toBeCloseTo(4, 1);
      else expect(plus[index]).toBe(plain[index]);
    }
  });

  test('accumulated batches make the step of one batch', async () => {
    const batch = examples(6, 3);
    const whole = await trainer(options(lora));
    const pieces = await trainer(options(lora));
    const expected = await whole.step(batch);
    await pieces.accumulate(batch.slice(0, 1));
    await pieces.accumulate(batch.slice(1, 4));
    const found = await pieces.step(batch.slice(4));
    expect(found.tokens).toBe(expected.tokens);
    expect(found.answerTokens).toBe(expected.answerTokens);
    const near = arithmetic === 'exact' ? 1e-4 : 0.05;
    expect(Math.abs(found.loss / expected.loss - 1)).toBeLessThan(near);
    expect(Math.abs(found.gradientNorm / expected.gradientNorm - 1)).toBeLessThan(near);
    expect(() => pieces.apply()).toThrow(expect.objectContaining({ code: 'record/none' }));
  });

  test('weights choose what is learned', async () => {
    const one = await trainer(options(lora));
    const [example] = examples(1, 8) as [TrainingExample];
    const last = {
      prompt: [...example.prompt, ...example.answer.slice(0, 2)],
      answer: example.answer.slice(2),
    };
    const chosen = await one.gradients([{ ...example, weights: [0, 0, 1] }]);
    const plain = await one.gradients([last]);
    expect(chosen.answerTokens).toBe(1);
    expect(chosen.loss).toBe(plain.loss);
    expect(bits(chosen.gradients)).toEqual(bits(plain.gradients));
    const mean = await one.gradients([{ ...example, weights: [0, 0.5, 0.25] }]);
    const second = await one.gradients([{ ...example, weights: [0, 1, 0] }]);
    expect(mean.loss).toBeCloseTo((2 * second.loss + plain.loss) / 3, 4);
  });

  test('a teacher that is the model itself has nothing to teach; another one does', async () => {
    const [example] = examples(1, 8) as [TrainingExample];
    const one = await trainer(options(lora, { teacher: { share: 1, temperature: 2 } }));
    const own = await Promise.all(
      example.answer.map(async (_, index) => {
        const logits = await model.logits([...example.prompt, ...example.answer.slice(0, index)]);
        return topOf(logits, 5, 2);
      }),
    );
    const nothing = await one.gradients([{ ...example, teacher: own }]);
    expect(Math.abs(nothing.loss)).toBeLessThan(arithmetic === 'exact' ? 1e-5 : 1e-2);
    const sure = example.answer.map(id => ({ ids: [id], logProbabilities: [Math.log(0.999)] }));
    const before = await one.step([{ ...example, teacher: sure }]);
    let after = before;
    for (let step = 0; step < 15; step++) after = await one.step([{ ...example, teacher: sure }]);
    expect(after.loss).toBeLessThan(before.loss * 0.7);
    // Without logits the cross-entropy is left.
    const plain = await one.gradients([example]);
    expect(plain.loss).toBeGreaterThan(0);
  });

  test('clips each example by itself: the sum is that of runs of one example', async () => {
    const batch = examples(7, 6).map((example, index) =>
      index === 2 ? { ...example, weights: [0, 0.5, 1] } : example,
    );
    const one = await trainer(options(lora, { maxTokensPerRun: 24 }));
    const alone: Awaited<ReturnType<Trainer['gradients']>>[] = [];
    for (const example of batch) alone.push(await one.gradients([example]));
    const norms = alone.map(({ gradients }) => normOf(gradients));
    const limit = norms.toSorted((a, b) => a - b)[3] as number;
    const found = await one.gradients(batch, { perExampleClip: limit });
    const near = arithmetic === 'exact' ? 1e-4 : 0.1;
    for (const [index, norm] of norms.entries())
      expect(Math.abs((found.exampleNorms?.[index] as number) / norm - 1)).toBeLessThan(near);
    for (const [index, { values }] of found.gradients.entries()) {
      const expected = values.map((_, i) =>
        alone.reduce((sum, { gradients }, example) => {
          const factor = Math.min(1, limit / (norms[example] as number)) / batch.length;
          return sum + factor * (gradients[index]?.values[i] as number);
        }, 0),
      );
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [i, value] of values.entries())
        expect(Math.abs(value - (expected[i] as number))).toBeLessThanOrEqual(largest * near);
    }
    expect(normOf(found.gradients)).toBeLessThanOrEqual(limit * 1.0001);
    const step = await one.step(batch, { perExampleClip: limit });
    expect(step.exampleNorms).toEqual(found.exampleNorms);
    await one.accumulate(batch);
    expect(await codeOf(one.step(batch, { perExampleClip: limit }))).toBe('train/invalid');
  });

  test('a batch in pieces has the gradient of the whole', async () => {
    const batch = examples(9, 4);
    const whole = await (await trainer(options(lora))).gradients(batch);
    const pieces = await (await trainer(options(lora, { maxTokensPerRun: 16 }))).gradients(batch);
    expect(Math.abs(whole.loss - pieces.loss)).toBeLessThan(arithmetic === 'exact' ? 1e-5 : 1e-2);
    for (const [index, { name, values }] of whole.gradients.entries()) {
      const other = pieces.gradients[index] as NamedTensor;
      expect(other.name).toBe(name);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const difference = values.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (other.values[i] as number))),
        0,
      );
      expect(difference).toBeLessThanOrEqual(largest * (arithmetic === 'exact' ? 1e-4 : 0.1));
    }
  });

  test('FFA trains B alone and keeps A', async () => {
    const one = await trainer(options(ffa));
    const before = one.adapter().tensors;
    await one.step(examples(4));
    const { gradients } = await one.gradients(examples(4));
    expect(gradients.every(({ name }) => name.includes('.lora_B.'))).toBe(true);
    for (const [index, { name, values }] of one.adapter().tensors.entries()) {
      const same = values.every((value, i) => value === before[index]?.values[i]);
      expect(same, name).toBe(name.includes('.lora_A.'));
    }
  });

  test('an aborted step leaves nothing behind', async () => {
    const one = await trainer(options(lora, { maxTokensPerRun: 16 }));
    const controller = new AbortController();
    const running = one.step(examples(64), { signal: controller.signal });
    setImmediate(() => controller.abort());
    expect(await codeOf(running)).toBe('cancelled');
    expect(await codeOf(one.step(examples(2), { signal: AbortSignal.abort() }))).toBe('cancelled');
    const untouched = await trainer(options(lora));
    expect(bits(one.state().weights)).toEqual(bits(untouched.state().weights));
    await one.step(examples(4));
    await untouched.step(examples(4));
    expect(one.state().step).toBe(1);
  });

  test('refuses what cannot be trained', async () => {
    const one = await trainer(options(lora, { maxTokensPerRun: 16 }));
    expect(await codeOf(one.step([]))).toBe('record/none');
    expect(await codeOf(one.step([{ prompt: [], answer: [1] }]))).toBe('record/invalid');
    expect(await codeOf(one.step([{ prompt: [1], answer: [] }]))).toBe('record/invalid');
    expect(await codeOf(one.step([{ prompt: Array(16).fill(1), answer: [1, 2] }]))).toBe('engine/capacity');
    expect(await codeOf(one.step([{ prompt: [tinyVocabulary], answer: [1] }]))).toBe('engine/capacity');
    expect(await codeOf(one.step([{ prompt: [1], answer: [tinyVocabulary] }]))).toBe('engine/capacity');
    const [plain] = examples(1) as [TrainingExample];
    const wrong: Partial<TrainingExample>[] = [
      { weights: [1] },
      { weights: [1, 1, 2] },
      { weights: [0, 0, 0] },
      { teacher: [{ ids: [1], logProbabilities: [0] }] },
      { teacher: Array(3).fill({ ids: [1, 1], logProbabilities: [-1, -2] }) },
      { teacher: Array(3).fill({ ids: [1, 2], logProbabilities: [-0.1, -0.1] }) },
    ];
    for (const part of wrong) expect(await codeOf(one.step([{ ...plain, ...part }]))).toBe('record/invalid');
    expect(await codeOf(one.step([plain], { perExampleClip: 0 }))).toBe('train/invalid');
    const unusable: Partial<TrainerOptions>[] = [
      { learningRate: 0 },
      { weightDecay: Number.NaN },
      { clipNorm: -1 },
      { loraPlusRatio: 0 },
      { teacher: { share: 2 } },
      { schedule: { kind: 'linear', steps: 0 } },
      { optimizer: { kind: 'adamw', betas: [0.9, 1] } },
      { optimizer: { kind: 'adafactor', clipThreshold: 0 } },
    ];
    for (const part of unusable) expect(await codeOf(trainer(options(lora, part)))).toBe('train/invalid');
    const running = one.step(examples(2));
    expect(await codeOf(one.step(examples(2)))).toBe('engine/busy');
    await running;
    const other = await trainer(options({ ...lora, rank: 2 }));
    const lean = await trainer(options(lora, { optimizer: { kind: 'adafactor' } }));
    for (const foreign of [other.state(), lean.state(), { ...one.state(), step: -1 }])
      expect(() => one.restore(foreign)).toThrow(expect.objectContaining({ code: 'checkpoint/invalid' }));
    expect(await codeOf(trainer(options(lora), { shape: lora, tensors: [] }))).toBe('adapter/invalid');
    one.close();
    expect(await codeOf(one.step(examples(2)))).toBe('engine/closed');
  });
});
