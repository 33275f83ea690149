// Tokens a second of a prompt, until the logits after its last token are there.

import { ids, median, rounded, timed } from './measure.mjs';

export async function prefill({ openModel, repeat, context, say }) {
  const lengths = context === undefined ? [128, 512] : [context];
  const model = await openModel({ capacity: Math.max(2048, ...lengths) });
  const speeds = new Map(lengths.map(length => [length, []]));
  await model.logits(ids(16, model.info.vocabulary));
  for (let n = 0; n < repeat; n++) {
    for (const length of lengths) {
      const ms = await timed(() => model.logits(ids(length, model.info.vocabulary, n)));
      speeds.get(length).push((length / ms) * 1000);
      say(`prefill ${length}: ${rounded(speeds.get(length).at(-1))} tokens/s`);
    }
  }
  const figures = {
    tokens_per_s: rounded(median(speeds.get(lengths[0]))),
    by_length: Object.fromEntries(lengths.map(length => [length, rounded(median(speeds.get(length)))])),
    rss_mb: Math.round(process.memoryUsage().rss / 1e6),
  };
  model.close();
  return figures;
}
