// llama.cpp as node-llama-cpp ships it (prebuilt, CPU), as a contestant. It offers no logits, so its fidelity is not compared.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { memory, serve } from './peer.mjs';

const folder = process.argv[2];
const { getLlama } = await import(pathToFileURL(createRequire(`${folder}/`).resolve('node-llama-cpp')).href);
let sequence;

await serve({
  async open({ model: file, threads = 2, capacity = 2048 }) {
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      maxThreads: threads,
      logLevel: 'disabled',
    });
    const model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({ contextSize: capacity, batchSize: 512, threads });
    sequence = context.getSequence();
  },

  async decode({ ids, tokens }) {
    await sequence.clearHistory();
    let made = 0;
    let start = 0;
    for await (const _ of sequence.evaluate(ids, { temperature: 0 })) {
      if (made++ === 0) start = performance.now();
      if (made > tokens) break;
    }
    return { tokens_per_s: (tokens / (performance.now() - start)) * 1000 };
  },

  async prefill({ ids }) {
    await sequence.clearHistory();
    const start = performance.now();
    for await (const _ of sequence.evaluate(ids, { temperature: 0 })) break;
    return { tokens_per_s: (ids.length / (performance.now() - start)) * 1000 };
  },

  rss: memory,
});
