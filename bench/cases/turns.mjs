// Contestants in turns: round after round everyone does the same, in an order that alternates, and pairs are compared.

import { median, rounded } from './measure.mjs';

/** Speeds by key, one a round. `work` gives tokens a second. */
export async function inTurns(all, rounds, work, say) {
  const speeds = Object.fromEntries(all.map(({ key }) => [key, []]));
  for (const { peer } of all) await work(peer, 0);
  for (let round = 1; round <= rounds; round++) {
    for (const { key, peer } of round % 2 === 1 ? all : [...all].reverse()) {
      speeds[key].push(await work(peer, round));
    }
    say(`round ${round}: ${all.map(({ key }) => `${key} ${rounded(speeds[key].at(-1))}`).join(', ')}`);
  }
  return speeds;
}

/** Medians by key, and of the ratios ours / theirs of each round. */
export function summary(speeds) {
  const medians = Object.fromEntries(
    Object.entries(speeds).map(([key, values]) => [key, rounded(median(values))]),
  );
  const ratios = Object.entries(speeds)
    .filter(([key]) => key !== 'ours')
    .map(([key, values]) => [key, rounded(median(values.map((value, n) => speeds.ours[n] / value)), 3)]);
  return { medians, ratios: Object.fromEntries(ratios) };
}
