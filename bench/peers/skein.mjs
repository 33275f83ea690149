// Skein itself as a contestant: the built library, used as anyone would.

import { readFileSync, writeFileSync } from 'node:fs';
import { peftName } from '../../dist/model/architecture/adapterNames.js';
import { open } from '../../dist/model/index.js';
import { openModelFiles } from '../../dist/platform/modelFiles.js';
import { argmax, memory, serve } from './peer.mjs';

let model;
/** What `decode` and `prefill` run with; undefined: the base. */
let adapter;

const rowOf = (logits, n) => logits.subarray(n * model.info.vocabulary, (n + 1) * model.info.vocabulary);

/** Log of the sum of exponentials. */
function logSum(row) {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) if (row[i] > largest) largest = row[i];
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i] - largest);
  return largest + Math.log(sum);
}

await serve({
  async open({ model: file, mode = 'fast', threads = 2, capacity = 2048 }) {
    model = await open(openModelFiles(file), { arithmetic: mode, threads, capacity, warm: true });
    return { vocabulary: model.info.vocabulary };
  },

  /** Greedy; the clock runs from the first token that follows the prompt. */
  async decode({ ids, tokens }) {
    let made = 0;
    let start = 0;
    for await (const _ of model.generate({ ids, maxTokens: tokens + 1, stop: [], adapter }))
      if (made++ === 0) start = performance.now();
    return { tokens_per_s: (tokens / (performance.now() - start)) * 1000 };
  },

  async prefill({ ids }) {
    const start = performance.now();
    await model.logits(ids, { adapter });
    return { tokens_per_s: (ids.length / (performance.now() - start)) * 1000 };
  },

  /** An adapter on q and v of every layer, with small numbers in it. */
  adapter({ rank }) {
    const { layers, hidden, heads, kvHeads, headSize } = model.info;
    const tensor = (layer, target, side, rows, columns) => ({
      name: peftName(layer, target, side),
      shape: [rows, columns],
      values: Float32Array.from({ length: rows * columns }, (_, i) => (((i * 31) % 101) - 50) / 5000),
    });
    const tensors = Array.from({ length: layers }, (_, layer) => [
      tensor(layer, 'q', 'A', rank, hidden),
      tensor(layer, 'q', 'B', heads * headSize, rank),
      tensor(layer, 'v', 'A', rank, hidden),
      tensor(layer, 'v', 'B', kvHeads * headSize, rank),
    ]).flat();
    adapter = model.loadAdapter({
      shape: { mode: 'lora', rank, alpha: rank, targets: ['q', 'v'] },
      tensors: tensors.sort((a, b) => (a.name < b.name ? -1 : 1)),
    });
  },

  /** Requests decoded in one batch; tokens a second of all, from the first prompt to the last token. */
  async together({ prompts, tokens }) {
    const batch = model.batch();
    const start = performance.now();
    const read = async ids => {
      let made = 0;
      for await (const _ of batch.add({ ids, maxTokens: tokens, stop: [] })) made++;
      return made;
    };
    const made = await Promise.all(prompts.map(read));
    return { tokens_per_s: (made.reduce((a, b) => a + b) / (performance.now() - start)) * 1000 };
  },

  tokenize({ text }) {
    return { ids: model.tokenizer.encode(text, { special: false }) };
  },

  /** Logits at every position into a file, for the others to be compared with, and what `compare` would say of them. */
  async logits({ ids, out }) {
    const logits = await model.allLogits(ids);
    writeFileSync(out, logits);
    let loss = 0;
    for (let n = 0; n + 1 < ids.length; n++)
      loss += logSum(rowOf(logits, n)) - logits[n * model.info.vocabulary + ids[n + 1]];
    return { divergence: 0, loss, same: ids.length };
  },

  /** Sums over the positions: KL divergence from the reference logits, own loss, equal greedy tokens. */
  async compare({ ids, reference }) {
    const mine = await model.allLogits(ids);
    const bytes = readFileSync(reference);
    const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    const sums = { divergence: 0, loss: 0, same: 0 };
    for (let n = 0; n < ids.length; n++) {
      const p = rowOf(theirs, n);
      const q = rowOf(mine, n);
      const shift = logSum(p);
      const difference = logSum(q) - shift;
      for (let i = 0; i < p.length; i++)
        sums.divergence += Math.exp(p[i] - shift) * (p[i] - q[i] + difference);
      if (n + 1 < ids.length) sums.loss += shift + difference - q[ids[n + 1]];
      if (argmax(p) === argmax(q)) sums.same++;
    }
    return sums;
  },

  /** Greedy tokens, teacher-forced, that are those of the cases. */
  async forced({ cases }) {
    let same = 0;
    for (const { ids, greedy_ids } of cases) {
      const logits = await model.allLogits([...ids, ...greedy_ids.slice(0, -1)]);
      for (const [n, id] of greedy_ids.entries())
        if (argmax(rowOf(logits, ids.length - 1 + n)) === id) same++;
    }
    return { same };
  },

  rss: memory,
});
