// Gemma 3 270M against float32 references: test/fixtures/parity-gemma3.json (six prompts, one past the window) and
// gemma-gradients (bench/reference/gemma.py).

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logSumExp } from '../../model/engine/score.js';
import type { Model } from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { decodeSafetensors } from '../../model/formats/safetensors.js';
import { open } from '../../model/index.js';
import { openSource } from '../../platform/files.js';
import { formulaAdapter } from '../helpers/formulaAdapter.js';
import { modelFile } from '../helpers/model.js';

interface Case {
  readonly ids: number[];
  readonly last_top10_ids: number[];
  readonly last_top10_logits: number[];
  readonly last_logsumexp: number;
  readonly greedy_ids: number[];
  readonly greedy_margin: number[];
}

interface Gradients {
  readonly prompt_ids: number[];
  readonly answer_ids: number[];
  readonly rank: number;
  readonly alpha: number;
  readonly loss: number;
  readonly norms: Readonly<Record<string, number>>;
}

const content = (name: string): Buffer => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const { cases } = JSON.parse(content('parity-gemma3.json').toString()) as { cases: Case[] };
const file = await modelFile('gemma-3-270m');
const threads = 2;

const norm = (x: Float32Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (norm(a) * norm(b));
const argmax = (values: Float32Array): number => values.indexOf(values.reduce((a, b) => Math.max(a, b)));

describe.skipIf(file === undefined)('exact arithmetic', () => {
  let model: Model;
  beforeAll(async () => {
    model = await open(openSource(file as string), { arithmetic: 'exact', threads });
  });
  afterAll(() => model.close());

  it('has the logits of the reference', async () => {
    expect(Math.max(...cases.map(({ ids }) => ids.length))).toBeGreaterThan(512);
    for (const { ids, last_top10_ids, last_top10_logits, last_logsumexp } of cases) {
      const logits = await model.logits(ids);
      for (const [n, id] of last_top10_ids.entries())
        expect(Math.abs((logits[id] as number) - (last_top10_logits[n] as number))).toBeLessThan(0.001);
      expect(Math.abs(logSumExp(logits) - last_logsumexp)).toBeLessThan(0.001);
    }
  });

  it('generates the greedy tokens of the reference', async () => {
    const requests = cases.map(({ ids, greedy_ids }) => ({ ids, maxTokens: greedy_ids.length, stop: [] }));
    const made = await model.generateBatch(requests);
    for (const [n, { greedy_ids, greedy_margin }] of cases.entries()) {
      const tie = greedy_margin.findIndex(margin => margin <= 0.02);
      const sure = tie === -1 ? greedy_ids.length : tie;
      expect(made[n]?.slice(0, sure)).toEqual(greedy_ids.slice(0, sure));
    }
  });

  it('has the gradients of PyTorch, on every linear map', async () => {
    const expected = JSON.parse(content('gemma-gradients.json').toString()) as Gradients;
    const { tensors } = decodeSafetensors(new Uint8Array(content('gemma-gradients.safetensors')));
    const { rank, alpha, prompt_ids, answer_ids } = expected;
    const shape = { mode: 'lora', rank, alpha, targets: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] } as const;
    const start = formulaAdapter(readGguf(openSource(file as string)), shape);
    const options = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 0, maxTokensPerRun: 64 };
    const trainer = await model.trainer(options, start);
    try {
      const { loss, gradients } = await trainer.gradients([{ prompt: prompt_ids, answer: answer_ids }]);
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-4);
      expect(gradients.map(({ name }) => name)).toEqual(Object.keys(expected.norms));
      for (const { name, values } of gradients)
        expect(Math.abs(norm(values) / (expected.norms[name] as number) - 1), name).toBeLessThan(1e-4);
      const found = new Map(gradients.map(({ name, values }) => [name, values]));
      expect(tensors).toHaveLength(12);
      for (const { name, values } of tensors)
        expect(cosine(found.get(name) as Float32Array, values), name).toBeGreaterThan(0.99999);
    } finally {
      trainer.close();
    }
  });
});

describe.skipIf(file === undefined)('fast arithmetic', () => {
  it('agrees with the reference in at least 60 of 64 greedy tokens, teacher-forced', async () => {
    const model = await open(openSource(file as string), { arithmetic: 'fast', threads });
    let same = 0;
    for (const { ids, greedy_ids } of cases.slice(2, 4)) {
      for (const [n, id] of greedy_ids.entries())
        if (argmax(await model.logits([...ids, ...greedy_ids.slice(0, n)])) === id) same++;
    }
    model.close();
    expect(same).toBeGreaterThanOrEqual(60);
  });
});
