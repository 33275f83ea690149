// Inference on the real model against figures of a float32 reference (test/fixtures/parity.json, lora-gradients.json).

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { logSumExp } from '../../model/engine/score.js';
import type { Adapter, Model } from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { open } from '../../model/index.js';
import { openSource } from '../../platform/files.js';
import { openModelFiles } from '../../platform/modelFiles.js';
import type { AdapterShape } from '../../proto/messages.js';
import { modelFile } from '../helpers/model.js';

interface Case {
  readonly ids: number[];
  readonly last_top10_ids: number[];
  readonly last_top10_logits: number[];
  readonly last_logsumexp: number;
  readonly greedy_ids: number[];
  readonly greedy_margin: number[];
}

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T;
const { cases } = fixture<{ cases: Case[] }>('parity.json');
const file = await modelFile();
const threads = 2;

const argmax = (values: Float32Array): number => values.indexOf(values.reduce((a, b) => Math.max(a, b)));

async function collect(tokens: AsyncIterable<number>): Promise<number[]> {
  const out: number[] = [];
  for await (const token of tokens) out.push(token);
  return out;
}

/** The adapter of lora-gradients.json, given there by a formula. */
function formulaAdapter(path: string): Adapter {
  const shape: AdapterShape = { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] };
  const tensors = adapterTensors(readConfig(readGguf(openSource(path))), shape).map(tensor => {
    const [rows, columns] = tensor.shape;
    const values = Float32Array.from({ length: rows * columns }, (_, n) => {
      const i = Math.floor(n / columns);
      const j = n % columns;
      return tensor.side === 'A'
        ? (((31 * i + 17 * j + 7 * tensor.layer) % 101) - 50) / 50 / 24
        : ((((13 * i + 7 * j + 11 * tensor.layer) % 97) - 48) / 48) * 0.02;
    });
    return { name: tensor.name, shape: [rows, columns], values };
  });
  return { shape, tensors };
}

describe.skipIf(file === undefined)('exact arithmetic', () => {
  let model: Model;
  beforeAll(async () => {
    model = await open(openSource(file as string), { arithmetic: 'exact', threads });
  });
  afterAll(() => model.close());

  it('has the logits of the reference', async () => {
    for (const { ids, last_top10_ids, last_top10_logits, last_logsumexp } of cases) {
      const logits = await model.logits(ids);
      for (const [n, id] of last_top10_ids.entries()) {
        expect(Math.abs((logits[id] as number) - (last_top10_logits[n] as number))).toBeLessThan(0.002);
      }
      expect(Math.abs(logSumExp(logits) - last_logsumexp)).toBeLessThan(0.002);
    }
  });

  it('generates the greedy tokens of the reference', async () => {
    for (const { ids, greedy_ids, greedy_margin } of cases) {
      const made = await collect(model.generate({ ids, maxTokens: greedy_ids.length, stop: [] }));
      const tie = greedy_margin.findIndex(margin => margin <= 0.02);
      const sure = tie === -1 ? greedy_ids.length : tie;
      expect(made.slice(0, sure)).toEqual(greedy_ids.slice(0, sure));
    }
  });

  it('decodes prompts together as one by one', async () => {
    const requests = cases.map(({ ids }, n) => ({ ids, maxTokens: 8 + n, stop: [] }));
    const together = await model.generateBatch(requests);
    for (const [n, request] of requests.entries())
      expect(together[n]).toEqual(await collect(model.generate(request)));
  });

  it('scores as the plain way does', async () => {
    const prompt = (cases[0] as Case).ids;
    const texts = [
      ' Paris',
      ' the capital',
      ' the city',
      ' Paris, of course',
      ' not London',
      ' not London at all',
    ];
    const continuations = texts.map(text => model.tokenizer.encode(text, { bos: false }));
    const scores = await model.score({ ids: prompt, continuations });
    for (const [n, continuation] of continuations.entries()) {
      let sum = 0;
      for (const [place, id] of continuation.entries()) {
        const logits = await model.logits([...prompt, ...continuation.slice(0, place)]);
        sum += (logits[id] as number) - logSumExp(logits);
      }
      expect(Math.abs((scores[n] as number) - sum)).toBeLessThan(1e-4);
    }
  });

  it('with an adapter has the loss that PEFT has', async () => {
    const gradients = fixture<{
      samples: { prompt_ids: number[]; answer_ids: number[] }[];
      loss_at_start: number;
    }>('lora-gradients.json');
    const adapter = model.loadAdapter(formulaAdapter(file as string));
    let sum = 0;
    let tokens = 0;
    for (const { prompt_ids, answer_ids } of gradients.samples) {
      const [score] = await model.score({ ids: prompt_ids, continuations: [answer_ids], adapter });
      sum -= score as number;
      tokens += answer_ids.length;
    }
    expect(Math.abs(sum / tokens - gradients.loss_at_start)).toBeLessThan(1e-4);
    adapter.release();
  });
});

/** Teacher-forced greedy tokens that are those of the reference. */
async function sameGreedy(model: Model): Promise<{ same: number; count: number }> {
  const { vocabulary } = model.info;
  let [same, count] = [0, 0];
  for (const { ids, greedy_ids } of cases) {
    const logits = await model.allLogits([...ids, ...greedy_ids.slice(0, -1)]);
    for (const [n, id] of greedy_ids.entries()) {
      const at = (ids.length - 1 + n) * vocabulary;
      if (argmax(logits.subarray(at, at + vocabulary)) === id) same++;
      count++;
    }
  }
  return { same, count };
}

describe.skipIf(file === undefined)('fast arithmetic', () => {
  let model: Model;
  beforeAll(async () => {
    model = await open(openModelFiles(file as string), { arithmetic: 'fast', threads, spinning: false });
  });
  afterAll(() => model.close());

  it('agrees with the reference in at least 210 of its greedy tokens, teacher-forced', async () => {
    const { same, count } = await sameGreedy(model);
    expect(count).toBe(222);
    expect(same).toBeGreaterThanOrEqual(210);
  });

  it('does so too where no weights can be mapped', async () => {
    const other = await open(openSource(file as string), { arithmetic: 'fast', threads });
    expect((await sameGreedy(other)).same).toBeGreaterThanOrEqual(210);
    other.close();
  });

  it('leaves the event loop free while tokens are made', async () => {
    let ticks = 0;
    let between = 0;
    const timer = setInterval(() => ticks++, 1);
    const ids = (cases[3] as Case).ids;
    for await (const _ of model.generate({ ids, maxTokens: 32, stop: [] })) if (ticks > 0) between++;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(30);
    expect(between).toBeGreaterThan(20);
  });

  it('makes the same tokens with its cores to itself, where the event loop has its turns and a signal is seen', async () => {
    const alone = await open(openModelFiles(file as string), { arithmetic: 'fast', threads, spinning: true });
    // A prompt that nobody has run: what is reused of an earlier one was computed in other pieces, and rounds differently.
    const ids = (cases[3] as Case).ids.toReversed();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const made = await collect(alone.generate({ ids, maxTokens: 32, stop: [] }));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);
    expect(made).toEqual(await collect(model.generate({ ids, maxTokens: 32, stop: [] })));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 60);
    const endless = alone.generate({ ids, maxTokens: 1500, stop: [], signal: abort.signal });
    await expect(collect(endless)).rejects.toMatchObject({ code: 'cancelled' });
    alone.close();
  });

  it('stops a long prompt when the signal fires', async () => {
    const abort = new AbortController();
    const ids = Array.from({ length: 1500 }, (_, n) => 1000 + n);
    const run = model.logits(ids, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(argmax(await model.logits((cases[0] as Case).ids))).toBe((cases[0] as Case).last_top10_ids[0]);
  });
});
