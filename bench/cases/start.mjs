// From the start of a process to its first token, and what it has resident then.

import { ids, median, rounded } from './measure.mjs';

/** Contestants are started anew in every round, in an order that alternates; weights are packed and files read before the first. */
export async function start(contestants, { mode, threads, repeat, vocabulary, say }) {
  const found = Object.fromEntries(contestants.map(({ key }) => [key, { ms: [], rss: [] }]));
  for (let round = 0; round <= repeat; round++) {
    for (const { key, file, start } of round % 2 === 0 ? contestants : [...contestants].reverse()) {
      const begun = performance.now();
      const peer = start();
      await peer.ask('open', { model: file, mode, threads, capacity: 2048 });
      await peer.ask('prefill', { ids: ids(5, vocabulary) });
      const ms = performance.now() - begun;
      const { rss_mb } = await peer.ask('rss');
      await peer.close();
      say(`${key}: ${rounded(ms)} ms, ${rounded(rss_mb)} MB`);
      if (round === 0) continue;
      found[key].ms.push(ms);
      found[key].rss.push(rss_mb);
    }
  }
  const of = ({ ms, rss }) => ({ first_token_ms: rounded(median(ms)), rss_mb: rounded(median(rss)) });
  const { ours, ...peers } = found;
  // As everywhere, more is better for ours.
  const ratios = what =>
    Object.fromEntries(
      Object.entries(peers).map(([key, values]) => [
        key,
        rounded(median(values[what].map((value, n) => value / ours[what][n])), 3),
      ]),
    );
  return {
    ours: of(ours),
    peers: Object.fromEntries(Object.entries(peers).map(([key, values]) => [key, of(values)])),
    rss_ratio: ratios('rss'),
    ratio: ratios('ms'),
  };
}
