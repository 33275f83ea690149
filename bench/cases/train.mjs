// Tokens a second of LoRA training steps (rank 8 on q and v), eight answer tokens an example.

import { ids, median, rounded, timed } from './measure.mjs';

export const trainerOptions = {
  shape: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
  learningRate: 1e-4,
  weightDecay: 0,
  clipNorm: 1,
};

/** `count` examples of `length` tokens, prompt and answer together. */
export const batch = (count, length, vocabulary, seed) =>
  Array.from({ length: count }, (_, n) => {
    const all = ids(length, vocabulary, seed + n * 1000);
    return { prompt: all.slice(0, -8), answer: all.slice(-8) };
  });

const shapes = [
  { name: '1x128', count: 1, length: 128 },
  { name: '4x128', count: 4, length: 128 },
  { name: '1x512', count: 1, length: 512 },
];

export async function train({ openModel, repeat, context, say }) {
  const asked = context === undefined ? shapes : [{ name: `1x${context}`, count: 1, length: context }];
  const model = await openModel();
  const trainer = await model.trainer(trainerOptions, { seed: 1 });
  const speeds = {};
  const resident = {};
  for (const { name, count, length } of asked) {
    speeds[name] = [];
    for (let n = 0; n <= repeat; n++) {
      const examples = batch(count, length, model.info.vocabulary, n);
      const ms = await timed(() => trainer.step(examples));
      // The first step of a shape plans its memory.
      if (n > 0) speeds[name].push(((count * length) / ms) * 1000);
    }
    resident[name] = Math.round(process.memoryUsage().rss / 1e6);
    say(`train ${name}: ${rounded(median(speeds[name]))} tokens/s, ${resident[name]} MB`);
  }
  const [first] = asked;
  trainer.close();
  model.close();
  return {
    tokens_per_s: rounded(median(speeds[first.name])),
    by_batch: Object.fromEntries(asked.map(({ name }) => [name, rounded(median(speeds[name]))])),
    rss_mb: resident[first.name],
    rss_mb_by_batch: resident,
  };
}
