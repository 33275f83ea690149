// Tokens a second of LoRA training steps (rank 8 on q and v), beside PyTorch and PEFT in turns.

import { ids } from './measure.mjs';
import { inTurns, summary } from './turns.mjs';

export const trainerOptions = {
  shape: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
  learningRate: 1e-4,
  weightDecay: 0,
  clipNorm: 1,
};

const answerTokens = 8;

/** `count` examples of `length` tokens, prompt and answer together. */
export const batch = (count, length, vocabulary, seed) =>
  Array.from({ length: count }, (_, n) => {
    const all = ids(length, vocabulary, seed + n * 1000);
    return { prompt: all.slice(0, -answerTokens), answer: all.slice(-answerTokens) };
  });

const usual = [
  { count: 1, length: 128 },
  { count: 8, length: 45 },
  { count: 1, length: 512 },
];

/** All contestants stand ready with a trainer. Their resident memory is the peak until here. */
export async function train(all, { repeat, tokens, examples, loss, memory, vocabulary, say }) {
  const shapes = tokens === undefined ? usual : [{ count: examples ?? 1, length: tokens }];
  const found = {};
  const peaks = {};
  const start = { rate: 1e-4, clip: 1 };
  for (const { key, peer } of all) {
    const lean = key === 'ours' && memory === 'lean' ? { options: { recompute: 'layers' } } : {};
    await peer.ask('trainer', { ...start, ...lean });
  }
  for (const { count, length } of shapes) {
    const name = `${count}x${length}`;
    const answers = loss === 'all' ? length - 1 : answerTokens;
    const work = async (peer, round) => {
      const given = Array.from({ length: count }, (_, n) => ids(length, vocabulary, round + n * 1000));
      return (await peer.ask('train', { batch: given, answers })).tokens_per_s;
    };
    say(`${name}, loss on ${answers} tokens of each example`);
    found[name] = summary(await inTurns(all, repeat, work, say));
    peaks[name] = {};
    for (const { key, peer } of all) peaks[name][key] = Math.round((await peer.ask('rss')).peak_mb);
  }
  const [first] = Object.keys(found);
  // After the memory was read: it opens a second trainer.
  const fidelity = { ours: (await all[0].peer.ask('fidelity')).fidelity };
  return {
    tokens_per_s: found[first].medians,
    ratios: found[first].ratios,
    rss_mb: peaks[first],
    fidelity,
    more: {
      loss,
      memory,
      shapes: Object.fromEntries(
        Object.entries(found).map(([name, { medians, ratios }]) => [
          name,
          { tokens_per_s: medians, ratio: ratios, peak_mb: peaks[name] },
        ]),
      ),
    },
  };
}
