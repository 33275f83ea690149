// Tokens a second of a prompt, until the logits after its last token are there.

import { ids } from './measure.mjs';
import { inTurns, summary } from './turns.mjs';

const lengthsOf = context => (context === undefined ? [128, 512] : [context]);

export const capacity = ({ context }) => Math.max(2048, ...lengthsOf(context));

export async function prefill(all, { repeat, context, vocabulary, say }) {
  const byLength = {};
  for (const length of lengthsOf(context)) {
    say(`prefill ${length}`);
    const work = async (peer, round) =>
      (await peer.ask('prefill', { ids: ids(length, vocabulary, round) })).tokens_per_s;
    byLength[length] = summary(await inTurns(all, repeat, work, say));
  }
  const [first] = Object.values(byLength);
  return { tokens_per_s: first.medians, ratios: first.ratios, more: { by_length: byLength } };
}
