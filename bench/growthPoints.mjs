// The points at which growth is measured, and how one is: in a fresh process, so that its peak of memory is its own.

import { ids, median, rounded } from './cases/measure.mjs';
import { withLayers } from './fewerLayers.mjs';
import { startLearner, startSkein } from './lineUp.mjs';

const vocabulary = 40_000;
const base = { context: 128, layers: 30, batch: 1 };
const contexts = [128, 256, 512, 1024, 2048, 4096];
const layers = [4, 8, 16, 30];
const ranks = [1, 4, 16, 64];
const batches = [1, 2, 4, 8, 16, 32];

const answer = { work: 'answer', ...base, rank: 0 };
const train = { work: 'train', ...base, rank: 8, recompute: 'none' };

/** Each varies one thing (`along`) over `values` and leaves the others (`fixed`). Rank 0: without an adapter. */
export const series = {
  'answer-context': { along: 'context', values: contexts, fixed: answer },
  'answer-layers': { along: 'layers', values: layers, fixed: answer },
  'answer-rank': { along: 'rank', values: ranks, fixed: answer },
  'answer-batch': { along: 'batch', values: batches, fixed: { ...answer, work: 'together', context: 32 } },
  'train-layers': { along: 'layers', values: layers, fixed: train },
  'train-rank': { along: 'rank', values: ranks, fixed: train },
  'train-batch': { along: 'batch', values: batches, fixed: train },
  'train-context': { along: 'context', values: contexts, fixed: train },
  'train-context-lean': { along: 'context', values: contexts, fixed: { ...train, recompute: 'layers' } },
};

/** Calls the work, after one call that is not counted, until it was called `most` times or so many seconds have passed. */
async function medianOf(work, { most = 5, seconds = 8 } = {}) {
  await work(0);
  const begun = performance.now();
  const found = [];
  while (found.length < most && (found.length === 0 || performance.now() - begun < seconds * 1000))
    found.push(await work(found.length + 1));
  return rounded(1000 / median(found), 4);
}

/** Milliseconds a token of a prompt and of an answer that follows it. */
async function answering(peer, { context, rank }) {
  if (rank > 0) await peer.ask('adapter', { rank });
  const prompt = seed => ids(context, vocabulary, seed);
  const prefill_ms = await medianOf(async n => (await peer.ask('prefill', { ids: prompt(n) })).tokens_per_s);
  const decode = async () => (await peer.ask('decode', { ids: prompt(0), tokens: 48 })).tokens_per_s;
  return { prefill_ms, decode_ms: await medianOf(decode) };
}

/** Milliseconds a token of all requests together, their prompts included. */
async function together(peer, { context, batch }) {
  const prompts = Array.from({ length: batch }, (_, n) => ids(context, vocabulary, n * 1000));
  return {
    decode_ms: await medianOf(
      async () => (await peer.ask('together', { prompts, tokens: 48 })).tokens_per_s,
      { most: 3 },
    ),
  };
}

async function training(peer, { context, rank, batch, recompute }) {
  const shape = { mode: 'lora', rank, alpha: 2 * rank, targets: ['q', 'v'] };
  const options = { shape, recompute, maxTokensPerRun: context * batch };
  await peer.ask('trainer', { rate: 1e-4, clip: 1, options });
  const step = async seed => {
    const given = Array.from({ length: batch }, (_, n) => ids(context, vocabulary, seed + n * 1000));
    return (await peer.ask('train', { batch: given, answers: 8 })).tokens_per_s;
  };
  return { train_ms: await medianOf(step) };
}

const works = {
  answer: { start: startSkein, measure: answering },
  together: { start: startSkein, measure: together },
  train: { start: () => startLearner('fast'), measure: training },
};

/**
 * Milliseconds and the peak of resident memory at a point. `packed`: layouts that were opened before and lie in the
 * cache; the first to open one packs it, and its peak would be another.
 */
export async function measured(point, { model, folder, packed }) {
  const file = point.layers === base.layers ? model : withLayers(model, point.layers, folder);
  const { start, measure } = works[point.work];
  const capacity = point.context + 64;
  const open = async () => {
    const peer = start();
    await peer.ask('open', { model: file, mode: 'fast', threads: 2, capacity });
    return peer;
  };
  const layout = `${point.work} ${point.layers}`;
  if (!packed.has(layout)) {
    const first = await open();
    if (point.work === 'train') await training(first, { ...point, context: 16, batch: 1 });
    else await first.ask('prefill', { ids: ids(16, vocabulary) });
    await first.close();
    packed.add(layout);
  }
  const peer = await open();
  const found = await measure(peer, point);
  const { peak_mb } = await peer.ask('rss');
  await peer.close();
  return { ...found, peak_mb: Math.round(peak_mb) };
}
