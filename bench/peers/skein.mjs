// Skein itself as a contestant: the built library, used as anyone would.

import { readFileSync, writeFileSync } from 'node:fs';
import { open } from '../../dist/model/index.js';
import { openModelFiles } from '../../dist/platform/modelFiles.js';
import { argmax, memory, serve } from './peer.mjs';

let model;

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
    for await (const _ of model.generate({ ids, maxTokens: tokens + 1, stop: [] }))
      if (made++ === 0) start = performance.now();
    return { tokens_per_s: (tokens / (performance.now() - start)) * 1000 };
  },

  async prefill({ ids }) {
    const start = performance.now();
    await model.logits(ids);
    return { tokens_per_s: (ids.length / (performance.now() - start)) * 1000 };
  },

  tokenize({ text }) {
    return { ids: model.tokenizer.encode(text, { special: false }) };
  },

  /** Logits at every position into a file, for the others to be compared with. */
  async logits({ ids, out }) {
    writeFileSync(out, await model.allLogits(ids));
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
