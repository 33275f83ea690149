// Every family against transformers and PEFT: logits and LoRA gradients of small random models that
// bench/reference/families.py made, from the GGUF file and from the Hugging Face folder alike.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families } from '../../model/architecture/families/index.js';
import type { Model } from '../../model/engine/types.js';
import { readModel } from '../../model/formats/files.js';
import { decodeSafetensors } from '../../model/formats/safetensors.js';
import { open } from '../../model/index.js';
import { openModelFiles } from '../../platform/modelFiles.js';
import type { LinearTarget, NamedTensor } from '../../proto/messages.js';
import { formulaAdapter } from '../helpers/formulaAdapter.js';

interface Expected {
  readonly ids: number[];
  /** Of `ids`, after which the logits stand in the other file. */
  readonly positions: number[];
  readonly samples: readonly { readonly prompt_ids: number[]; readonly answer_ids: number[] }[];
  readonly rank: number;
  readonly alpha: number;
  readonly targets: Readonly<Record<string, LinearTarget[]>>;
  readonly loss: Readonly<Record<string, number>>;
}

const norm = (x: Float32Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (norm(a) * norm(b));

const names = families.map(({ architecture }) => architecture);
describe.each(
  names.flatMap(
    family =>
      [
        [family, 'GGUF file'],
        [family, 'Hugging Face folder'],
      ] as const,
  ),
)('%s, %s', (family, kind) => {
  const folder = fileURLToPath(new URL(`../fixtures/families/${family}/`, import.meta.url));
  const expected = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) as Expected;
  const { tensors } = decodeSafetensors(new Uint8Array(readFileSync(`${folder}expected.safetensors`)));
  const reference = new Map<string, NamedTensor>(tensors.map(tensor => [tensor.name, tensor]));
  const files = openModelFiles(kind === 'GGUF file' ? `${folder}model.gguf` : folder);
  let model: Model;
  beforeAll(async () => {
    model = await open(files, { arithmetic: 'exact' });
  });
  afterAll(() => {
    model.close();
    files.close();
  });

  it('has the logits of transformers', async () => {
    const { values, shape } = reference.get('logits') as NamedTensor;
    const width = shape[1] as number;
    for (const [row, position] of expected.positions.entries()) {
      const logits = await model.logits(expected.ids.slice(0, position + 1));
      expect(logits).toHaveLength(width);
      for (const [id, logit] of logits.entries())
        if (Math.abs(logit - (values[row * width + id] as number)) > 1e-4)
          throw new Error(`${id} after ${position}: ${logit} and not ${values[row * width + id]}`);
    }
  });

  it.each(Object.keys(expected.targets))('has the gradients of PEFT: %s', async set => {
    const { rank, alpha, samples } = expected;
    const shape = { mode: 'lora', rank, alpha, targets: expected.targets[set] as LinearTarget[] } as const;
    const options = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 0 };
    const start = formulaAdapter(readModel(files), shape, { inputs: 6, outputs: 0.1 });
    const trainer = await model.trainer(options, start);
    try {
      const batch = samples.map(sample => ({ prompt: sample.prompt_ids, answer: sample.answer_ids }));
      const { loss, gradients } = await trainer.gradients(batch);
      expect(Math.abs(loss - (expected.loss[set] as number))).toBeLessThan(1e-4);
      const found = gradients.map(({ name }) => `${set}.${name}`);
      expect(found).toEqual([...reference.keys()].filter(name => name.startsWith(`${set}.`)).sort());
      for (const { name, values } of gradients) {
        const wanted = (reference.get(`${set}.${name}`) as NamedTensor).values;
        expect(Math.abs(norm(values) / norm(wanted) - 1), name).toBeLessThan(1e-4);
        expect(cosine(values, wanted), name).toBeGreaterThan(0.99999);
      }
    } finally {
      trainer.close();
    }
  });
});
