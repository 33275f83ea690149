// Tokens a second in greedy decoding, one request at a time.

import { ids } from './measure.mjs';
import { inTurns, summary } from './turns.mjs';

const tokens = 64;

export const capacity = ({ context = 64 }) => Math.max(2048, context + tokens + 1);

export async function decode(all, { repeat, context = 64, vocabulary, say }) {
  const prompt = ids(context, vocabulary);
  const work = async peer => (await peer.ask('decode', { ids: prompt, tokens })).tokens_per_s;
  const { medians, ratios } = summary(await inTurns(all, repeat, work, say));
  return { tokens_per_s: medians, ratios, more: { context, tokens } };
}
