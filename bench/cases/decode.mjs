// Tokens a second in greedy decoding, one request at a time, and what a larger KV cache costs at the same position.

import { ids, median, rounded } from './measure.mjs';

const tokens = 64;
const largeCapacity = 2048;

export async function decode({ openModel, repeat, context = 64, say }) {
  const model = await openModel({ capacity: Math.max(largeCapacity, context + tokens) });
  const prompt = ids(context, model.info.vocabulary);
  /** The cache is as large as the request could need; the reader stops early. */
  const run = async capacity => {
    let made = 0;
    let start = 0;
    for await (const _ of model.generate({ ids: prompt, maxTokens: capacity - context + 1, stop: [] })) {
      if (made++ === 0) start = performance.now();
      if (made > tokens) break;
    }
    return (tokens / (performance.now() - start)) * 1000;
  };
  const tight = context + tokens;
  await run(tight);
  const speeds = { tight: [], large: [] };
  for (let n = 0; n < repeat; n++) {
    speeds.tight.push(await run(tight));
    speeds.large.push(await run(Math.max(largeCapacity, tight)));
    say(
      `decode at ${context}: ${rounded(speeds.tight.at(-1))} tokens/s, ${rounded(speeds.large.at(-1))} with capacity ${largeCapacity}`,
    );
  }
  const ratio = median(speeds.tight.map((speed, n) => speed / speeds.large[n]));
  const figures = {
    tokens_per_s: rounded(median(speeds.tight)),
    context,
    capacity_2048: { tokens_per_s: rounded(median(speeds.large)), cost: rounded(ratio - 1, 3) },
    rss_mb: Math.round(process.memoryUsage().rss / 1e6),
  };
  model.close();
  return figures;
}
