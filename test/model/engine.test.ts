// What requests ask of the engine, on the real model: adapters in turn, prefixes, vectors, scores of many, JSON.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../core/random.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { readGguf } from '../../model/formats/gguf.js';
import { openSource } from '../../platform/files.js';
import { type Adapter, chatIds, type Model, open } from '../../platform/library.js';
import type { AdapterShape } from '../../proto/messages.js';
import { modelFile } from '../helpers/model.js';

const file = (await modelFile()) as string;
const threads = 2;

function randomAdapter(shape: AdapterShape, seed: number): Adapter {
  const random = new SeededRandom(seed);
  const source = openSource(file);
  const tensors = adapterTensors(readConfig(readGguf(source)), shape).map(({ name, shape: size }) => ({
    name,
    shape: size,
    values: Float32Array.from({ length: size[0] * size[1] }, () => (random.uint32() / 2 ** 31 - 1) * 0.05),
  }));
  source.close();
  return { shape, tensors };
}

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, n) => sum + value * (b[n] as number), 0);

describe.skipIf(file === undefined)('in exact arithmetic', () => {
  let model: Model;
  beforeAll(async () => {
    model = await open(file, { arithmetic: 'exact', threads });
  });
  afterAll(() => model.close());

  it('two adapters and the base in turn give what each gives alone', async () => {
    const ids = model.tokenizer.encode('The bed in room four is wet and');
    const qv: AdapterShape = { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] };
    const all: AdapterShape = {
      mode: 'lora',
      rank: 4,
      alpha: 4,
      targets: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'],
    };
    const made = [randomAdapter(qv, 1), randomAdapter(all, 2)];
    const alone = [await model.logits(ids)];
    for (const adapter of made) {
      const loaded = model.loadAdapter(adapter);
      alone.push(await model.logits(ids, { adapter: loaded }));
      loaded.release();
    }
    const [one, two] = made.map(adapter => model.loadAdapter(adapter));
    for (const turn of [1, 2, 0, 2, 1, 0, 0, 1]) {
      const adapter = [undefined, one, two][turn];
      const logits = await model.logits(ids, adapter === undefined ? {} : { adapter });
      expect(logits).toEqual(alone[turn]);
    }
    expect(alone[1]).not.toEqual(alone[0]);
    expect(alone[2]).not.toEqual(alone[0]);
    one?.release();
    two?.release();
    expect(await model.logits(ids)).toEqual(alone[0]);
  });

  it('a conversation goes on after what was run before, with the tokens that it has without', async () => {
    const messages = [{ role: 'user', content: 'Name three fruits, please.' } as const];
    const first = await model.complete({ ids: chatIds(model, messages), maxTokens: 24 });
    const more = [
      ...messages,
      { role: 'assistant', content: first.text } as const,
      { role: 'user', content: 'And three vegetables?' } as const,
    ];
    const ids = chatIds(model, more);
    const before = model.counters;
    const second = await model.complete({ ids, maxTokens: 24 });
    const reused = model.counters.reused - before.reused;
    expect(reused).toBeGreaterThan(ids.length / 2);
    expect(model.counters.prefilled - before.prefilled).toBe(ids.length - reused);
    // Rows of a batch begin with nothing.
    expect(await model.generateBatch([{ ids, maxTokens: 24 }])).toEqual([second.ids]);
  });

  it('vectors are those of transformers', async () => {
    const fixture = JSON.parse(
      readFileSync(new URL('../fixtures/embeddings.json', import.meta.url), 'utf8'),
    ) as { ids: number[]; mean: string; last: string }[];
    for (const { ids, ...expected } of fixture) {
      for (const pooling of ['mean', 'last'] as const) {
        const bytes = Uint8Array.from(Buffer.from(expected[pooling], 'base64'));
        const vector = await model.embed(ids, { pooling });
        expect(cosine(vector, new Float32Array(bytes.buffer))).toBeGreaterThan(0.99999);
      }
    }
  });

  it('scores of many prompts are those of each', async () => {
    const texts = ['the card is lost', 'book a flight', 'what is a noun', 'set an alarm for six'];
    const labels = [' banking', ' travel', ' small talk', ' work at home'];
    const continuations = labels.map(label => model.tokenizer.encode(label, { bos: false }));
    const requests = texts.map(text => ({
      ids: model.tokenizer.encode(`Request: ${text}\nTopic:`),
      continuations,
    }));
    const together = await model.scoreBatch(requests);
    for (const [n, request] of requests.entries()) {
      for (const [k, alone] of (await model.score(request)).entries())
        expect(Math.abs((together[n]?.[k] as number) - alone)).toBeLessThan(1e-3);
    }
  });
});

describe.skipIf(file === undefined)('in fast arithmetic', () => {
  it('makes JSON of a schema, whatever it is asked and however it is drawn', async () => {
    const model = await open(file, { threads });
    const schema = {
      type: 'object',
      properties: {
        bed: { type: 'integer' },
        state: { enum: ['wet', 'dry', 'broken'] },
        notes: { type: 'array', items: { type: 'string', maxLength: 12 }, maxItems: 3 },
      },
      required: ['bed', 'state', 'notes'],
    };
    for (const [seed, temperature] of [0, 1, 3].entries()) {
      const ids = chatIds(model, [{ role: 'user', content: 'Bed 4 is wet. Answer in JSON.' }]);
      const { text, end } = await model.complete({
        ids,
        maxTokens: 60,
        sampling: { seed, temperature },
        constraint: { schema },
      });
      expect(end).toBe('complete');
      const { bed, state, notes } = JSON.parse(text);
      expect(Number.isInteger(bed)).toBe(true);
      expect(schema.properties.state.enum).toContain(state);
      expect(notes.length).toBeLessThanOrEqual(3);
    }
    model.close();
  });
});
