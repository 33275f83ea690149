// How far a contestant is from exact arithmetic: over held-out text, and on the greedy tokens of the parity fixture.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rounded } from './cases/measure.mjs';
import { startSkein } from './lineUp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A window's logits are handed from one process to the others in a file of at most so many values. */
const mostValues = 32e6;
const longestWindow = 512;

/**
 * The beginnings of the READMEs of all installed packages, in the order of their names: prose, code and tables under free
 * licences, on every machine that has run `npm ci`.
 */
export function heldOutText() {
  const folder = join(root, 'node_modules');
  const names = readdirSync(folder).flatMap(name =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map(inner => `${name}/${inner}`) : [name],
  );
  const readme = name => {
    const file = readdirSync(join(folder, name)).find(one => /^readme\.md$/i.test(one));
    return file === undefined ? '' : readFileSync(join(folder, name, file), 'utf8').slice(0, 2000);
  };
  return names
    .filter(name => !name.startsWith('.'))
    .sort()
    .map(readme)
    .join('\n\n');
}

const fixtures = { 'SmolLM2-135M': 'parity.json', 'gemma-3-270m': 'parity-gemma3.json' };

/** Cases {ids, greedy_ids} of the fixture for this model; undefined where there is none. */
export function forcedCases(file) {
  const name = Object.entries(fixtures).find(([key]) => basename(file).startsWith(key))?.[1];
  if (name === undefined) return undefined;
  const { cases } = JSON.parse(readFileSync(join(root, 'test', 'fixtures', name), 'utf8'));
  return cases.map(({ ids, greedy_ids }) => ({ ids, greedy_ids }));
}

const sum = values => values.reduce((total, value) => total + value, 0);

/**
 * Standard error of the mean of paired differences a token between two contestants, from their sums a window: windows are
 * independent texts, tokens of one window are not.
 */
export function pairedError(ours, theirs, lengths) {
  const differences = ours.map((value, n) => value - theirs[n]);
  const mean = sum(differences) / sum(lengths);
  const squares = differences.map((value, n) => (value - mean * lengths[n]) ** 2);
  const windows = lengths.length;
  return Math.sqrt((sum(squares) * windows) / (windows - 1)) / sum(lengths);
}

/**
 * Figures by key: mean KL divergence from exact in nats, perplexity, equal greedy tokens; of peers also how much larger than
 * ours the divergence is, as [mean, standard error]. Adds `exact`, for its perplexity.
 */
export async function measureFidelity(all, { file, threads, tokens, say }) {
  const exact = startSkein();
  const folder = mkdtempSync(join(tmpdir(), 'skein-fidelity-'));
  const reference = join(folder, 'logits');
  const able = all.filter(({ key }) => key !== 'node-llama');
  try {
    const { vocabulary } = await exact.ask('open', { model: file, mode: 'exact', threads });
    const { ids } = await exact.ask('tokenize', { text: heldOutText() });
    if (ids.length < tokens) throw new Error(`The held-out text has only ${ids.length} tokens.`);
    // What the tokenizer puts before every text: Gemma is at a loss without it.
    const { ids: opening } = await exact.ask('tokenize', { text: '' });
    const window = Math.min(longestWindow, Math.floor(mostValues / vocabulary));
    const found = Object.fromEntries(['exact', ...able.map(({ key }) => key)].map(key => [key, []]));
    const lengths = [];
    for (let start = opening.length; start < tokens; start += window) {
      const part = [...opening, ...ids.slice(start, Math.min(start + window, tokens))];
      if (part.length < 2) break;
      found.exact.push(await exact.ask('logits', { ids: part, out: reference }));
      const compare = async ({ key, peer }) =>
        found[key].push(await peer.ask('compare', { ids: part, reference }));
      await Promise.all(able.map(compare));
      lengths.push(part.length);
      say(`fidelity: ${Math.min(start + window, tokens)} of ${tokens} tokens`);
    }
    const cases = forcedCases(file);
    const figures = {};
    const compared = sum(lengths);
    const divergences = key => found[key].map(({ divergence }) => divergence);
    for (const [key, windows] of Object.entries(found)) {
      const total = name => sum(windows.map(one => one[name]));
      figures[key] = {
        mean_kl: rounded(total('divergence') / compared, 6),
        perplexity: rounded(Math.exp(total('loss') / (compared - lengths.length)), 4),
        same_greedy: rounded(total('same') / compared, 4),
      };
      if (key === 'exact' || key === 'ours' || lengths.length < 2) continue;
      const error = pairedError(divergences('ours'), divergences(key), lengths);
      figures[key].kl_above_ours = [figures[key].mean_kl - figures.ours.mean_kl, error].map(one =>
        rounded(one, 6),
      );
    }
    if (cases !== undefined) {
      const count = sum(cases.map(({ greedy_ids }) => greedy_ids.length));
      for (const { key, peer } of [{ key: 'exact', peer: exact }, ...able]) {
        const { same } = await peer.ask('forced', { cases });
        figures[key].fixture = `${same} of ${count}`;
      }
    }
    return figures;
  } finally {
    await exact.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
