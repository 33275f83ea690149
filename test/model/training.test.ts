// Training on the real model against PyTorch and PEFT: loss, gradients and ten AdamW steps of test/fixtures/lora-gradients.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../model/engine/model.js';
import type { Model, TrainerOptions, TrainingExample } from '../../model/engine/types.js';
import { decodeSafetensors } from '../../model/formats/safetensors.js';
import { wholeRowProducts } from '../../model/lowering/repacking.js';
import { openSource } from '../../platform/files.js';
import type { AdapterShape, Arithmetic, NamedTensor } from '../../proto/messages.js';
import { startAdapter } from '../helpers/loraFixture.js';
import { modelFile } from '../helpers/model.js';

interface Fixture {
  readonly samples: readonly { readonly prompt_ids: number[]; readonly answer_ids: number[] }[];
  readonly loss_at_start: number;
  readonly adamw: { readonly lr: number; readonly loss_by_step: readonly number[] };
  /** By `fixtureName`. */
  readonly grad_norms: Readonly<Record<string, number>>;
}

const folder = new URL('../fixtures/', import.meta.url);
const file = await modelFile();
const shape: AdapterShape = { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] };

describe.skipIf(file === undefined)('training on SmolLM2-135M', () => {
  let fixture: Fixture;
  let full: ReadonlyMap<string, Float32Array>;
  let batch: readonly TrainingExample[];
  let options: TrainerOptions;
  const models: Partial<Record<Arithmetic, Model>> = {};

  beforeAll(async () => {
    fixture = JSON.parse(await readFile(new URL('lora-gradients.json', folder), 'utf8')) as Fixture;
    const { tensors } = decodeSafetensors(
      new Uint8Array(await readFile(new URL('lora-gradients.safetensors', folder))),
    );
    full = new Map(tensors.map(({ name, values }) => [name, values]));
    batch = fixture.samples.map(sample => ({ prompt: sample.prompt_ids, answer: sample.answer_ids }));
    options = { shape, learningRate: fixture.adamw.lr, weightDecay: 0, clipNorm: 0 };
  });
  afterAll(() => {
    for (const model of Object.values(models)) model.close();
  });

  const open = async (arithmetic: Arithmetic): Promise<Model> => {
    models[arithmetic] ??= await openModel(openSource(file as string), { arithmetic, threads: 2 });
    return models[arithmetic];
  };

  const gradientsOf = async (arithmetic: Arithmetic, recompute: TrainerOptions['recompute'] = 'none') => {
    const model = await open(arithmetic);
    const trainer = await model.trainer({ ...options, recompute }, startAdapter(shape));
    try {
      return await trainer.gradients(batch);
    } finally {
      trainer.close();
    }
  };
  const cosines = (gradients: readonly NamedTensor[]): number[] =>
    gradients.flatMap(({ name, values }) => {
      const expected = full.get(fixtureName(name));
      return expected === undefined ? [] : [cosine(values, expected)];
    });

  test('exact: loss and gradients are those of PyTorch', async () => {
    const { loss, gradients } = await gradientsOf('exact');
    expect(Math.abs(loss - fixture.loss_at_start)).toBeLessThan(1e-4);
    expect(gradients).toHaveLength(120);
    for (const { name, values } of gradients) {
      const expected = fixture.grad_norms[fixtureName(name)] as number;
      expect(Math.abs(norm(values) / expected - 1), name).toBeLessThan(1e-4);
    }
    const found = cosines(gradients);
    expect(found).toHaveLength(12);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0.99999);
  });

  test('exact: ten AdamW steps follow PyTorch', async () => {
    const trainer = await (await open('exact')).trainer(options, startAdapter(shape));
    for (const expected of fixture.adamw.loss_by_step) {
      const { loss } = await trainer.step(batch);
      expect(Math.abs(loss / expected - 1)).toBeLessThan(0.01);
    }
    trainer.close();
    models.exact?.close();
    delete models.exact;
  });

  test.each(['none', 'layers'] as const)(
    'fast: gradients point the same way, computed again: %s',
    async recompute => {
      const { loss, gradients } = await gradientsOf('fast', recompute);
      expect(Math.abs(loss / fixture.loss_at_start - 1)).toBeLessThan(0.02);
      const found = cosines(gradients);
      expect(found).toHaveLength(12);
      // Where integer products saturate, blocks are used both ways; with little memory, in the whole forward pass.
      const least = recompute === 'layers' ? 0.975 : wholeRowProducts().exact ? 0.985 : 0.98;
      expect(Math.min(...found)).toBeGreaterThanOrEqual(least);
    },
  );
});

/** `layers.0.self_attn.q_proj.lora_A` for `model.layers.0.self_attn.q_proj.lora_A.weight`. */
const fixtureName = (name: string): string => name.replace(/^model\./, '').replace(/\.weight$/, '');

const norm = (x: Float32Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (norm(a) * norm(b));
