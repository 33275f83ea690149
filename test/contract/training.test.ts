// A trainer over an open tiny model: it learns, repeats itself bit by bit, goes on from a checkpoint, and stops when asked.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSkeinError } from '../../core/errors.js';
import { SeededRandom } from '../../core/random.js';
import { openModel } from '../../model/engine/model.js';
import type { Model, Trainer, TrainerOptions, TrainingExample } from '../../model/engine/types.js';
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
  });

  test('the same steps give the same bits, and a checkpoint goes on from them', async () => {
    const batches = [1, 2, 3, 4].map(seed => examples(4, seed));
    const whole = await trainer(options(lora));
    for (const batch of batches) await whole.step(batch);

    const first = await trainer(options(lora));
    for (const batch of batches.slice(0, 2)) await first.step(batch);
    const second = await trainer(options(lora), { seed: 99 });
    second.restore(first.state());
    for (const batch of batches.slice(2)) await second.step(batch);
    expect(second.state().step).toBe(4);
    expect(bits(second.adapter().tensors)).toEqual(bits(whole.adapter().tensors));
    expect(bits(second.state().secondMoments)).toEqual(bits(whole.state().secondMoments));
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
    const running = one.step(examples(64), controller.signal);
    setImmediate(() => controller.abort());
    expect(await codeOf(running)).toBe('cancelled');
    expect(await codeOf(one.step(examples(2), AbortSignal.abort()))).toBe('cancelled');
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
    const running = one.step(examples(2));
    expect(await codeOf(one.step(examples(2)))).toBe('engine/busy');
    await running;
    const other = await trainer(options({ ...lora, rank: 2 }));
    expect(() => one.restore(other.state())).toThrow(expect.objectContaining({ code: 'checkpoint/invalid' }));
    expect(await codeOf(trainer(options(lora), { shape: lora, tensors: [] }))).toBe('adapter/invalid');
    one.close();
    expect(await codeOf(one.step(examples(2)))).toBe('engine/closed');
  });
});
