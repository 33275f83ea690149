// Skein as a contestant in training: the same commands as pytorch.py.

import { readFileSync, writeFileSync } from 'node:fs';
import { peftName } from '../../dist/model/architecture/adapterNames.js';
import { decodeSafetensors } from '../../dist/model/formats/safetensors.js';
import { open } from '../../dist/model/index.js';
import { openModelFiles } from '../../dist/platform/modelFiles.js';
import { argmax, memory, serve } from './peer.mjs';

const fixtures = new URL('../../test/fixtures/', import.meta.url);
const shape = { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] };
let model;
let trainer;

const examplesOf = (batch, answers) =>
  batch.map(ids => {
    const prompt = Math.max(1, ids.length - answers);
    return { prompt: ids.slice(0, prompt), answer: ids.slice(prompt) };
  });

/** The adapter of the fixture, by its formulas. */
function fixtureAdapter() {
  const tensors = [];
  for (let layer = 0; layer < 30; layer++) {
    for (const [target, side, rows, columns] of [
      ['q', 'A', 8, 576],
      ['q', 'B', 576, 8],
      ['v', 'A', 8, 576],
      ['v', 'B', 192, 8],
    ]) {
      const values = Float32Array.from({ length: rows * columns }, (_, index) => {
        const [i, j] = [Math.floor(index / columns), index % columns];
        if (side === 'A') return (((31 * i + 17 * j + 7 * layer) % 101) - 50) / 50 / 24;
        return ((((13 * i + 7 * j + 11 * layer) % 97) - 48) / 48) * 0.02;
      });
      tensors.push({ name: peftName(layer, target, side), shape: [rows, columns], values });
    }
  }
  return tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const norm = x => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

const cosine = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0) / (norm(a) * norm(b));

await serve({
  async open({ model: file, mode = 'fast', threads = 2 }) {
    model = await open(openModelFiles(file), { arithmetic: mode, threads });
    return { vocabulary: model.info.vocabulary };
  },

  /** `save`: where the start adapter is written for others to begin with. */
  async trainer({ rate, clip, seed = 1, save, options = {} }) {
    trainer?.close();
    const given = { shape, learningRate: rate, weightDecay: 0, clipNorm: clip, ...options };
    trainer = await model.trainer(given, { seed });
    if (save === undefined) return {};
    const { tensors } = trainer.adapter();
    writeFileSync(save, Buffer.concat(tensors.map(({ values }) => Buffer.from(values.buffer.slice(0)))));
    return { adapter: { file: save, tensors: tensors.map(({ name, shape: size }) => [name, size]) } };
  },

  async train({ batch, answers }) {
    const start = performance.now();
    const { loss } = await trainer.step(examplesOf(batch, answers));
    const tokens = batch.reduce((sum, ids) => sum + ids.length, 0);
    return { tokens_per_s: (tokens / (performance.now() - start)) * 1000, loss };
  },

  /** Smallest cosine of a full gradient of test/fixtures/lora-gradients; null for another model than the fixture's. */
  async fidelity() {
    const { layers, hidden } = model.info;
    if (layers !== 30 || hidden !== 576) return { fidelity: null };
    const fixture = JSON.parse(readFileSync(new URL('lora-gradients.json', fixtures), 'utf8'));
    const bytes = new Uint8Array(readFileSync(new URL('lora-gradients.safetensors', fixtures)));
    const expected = new Map(decodeSafetensors(bytes).tensors.map(({ name, values }) => [name, values]));
    const options = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 0 };
    const other = await model.trainer(options, { shape, tensors: fixtureAdapter() });
    const samples = fixture.samples.map(sample => ({ prompt: sample.prompt_ids, answer: sample.answer_ids }));
    const { gradients } = await other.gradients(samples);
    other.close();
    const cosines = gradients.flatMap(({ name, values }) => {
      const reference = expected.get(name.replace(/^model\./, '').replace(/\.weight$/, ''));
      return reference === undefined ? [] : [cosine(values, reference)];
    });
    return { fidelity: Math.min(...cosines), gradients_compared: cosines.length };
  },

  async choose({ prompts, choices }) {
    const adapter = model.loadAdapter(trainer.adapter());
    const logs = [];
    for (const ids of prompts) {
      const logits = await model.logits(ids, { adapter });
      let largest = Number.NEGATIVE_INFINITY;
      for (const value of logits) if (value > largest) largest = value;
      let sum = 0;
      for (const value of logits) sum += Math.exp(value - largest);
      logs.push(choices.map(id => logits[id] - largest - Math.log(sum)));
    }
    adapter.release();
    return { chosen: logs.map(argmax), logs };
  },

  encode: ({ texts }) => ({ ids: texts.map(text => model.tokenizer.encode(text)) }),

  rss: memory,
});
