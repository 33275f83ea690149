// Draws the next token from logits: one chain of filters, pure and the same everywhere for a seed.
//
// The order is llama.cpp's default (common/sampling.cpp: penalties, top-k, top-p, min-p, temperature, draw): the filters see
// the model's own probabilities, whatever the temperature. Hugging Face transformers warms first and filters then, so that
// there a top-p of 0.9 keeps more at a higher temperature. The terms themselves mean the same in both.

import { SkeinError } from '../../core/errors.js';
import { SeededRandom } from '../../core/random.js';

export interface Sampling {
  /** Logits are divided by it before the draw. Default 1; 0 is greedy: the likeliest token, the lower id of equals. */
  readonly temperature?: number;
  /** Only so many of the likeliest are left (Fan et al., arXiv 1805.04833). Default 0: all. */
  readonly topK?: number;
  /** The smallest set of the likeliest with at least this much probability is left (Holtzman et al., arXiv 1904.09751). Default 1: all. */
  readonly topP?: number;
  /** Tokens less likely than this share of the likeliest one's probability are dropped (Nguyen et al., arXiv 2407.01082). Default 0. */
  readonly minP?: number;
  /** Logits of tokens seen already are divided by it where positive, else multiplied (Keskar et al., arXiv 1909.05858). Default 1. */
  readonly repetitionPenalty?: number;
  /** How many of the last tokens, prompt included, the penalty looks at. Default: all, as in transformers (llama.cpp: 64). */
  readonly repetitionWindow?: number;
  /** A whole number from 0 to 2^53 - 1; the same seed draws the same tokens. Default 0. */
  readonly seed?: number;
}

/** Token ids as bits: id i is in where bit i % 32 of word i / 32 is set. */
export type TokenSet = Uint32Array;

/** Picks the next token. `seen`: all tokens so far; `allowed`: what may be picked at all, at least one. */
export type Sampler = (logits: Float32Array, seen: readonly number[], allowed?: TokenSet) => number;

/** Greedy without `sampling`. Throws `engine/request` for values outside their range. */
export function createSampler(sampling?: Sampling): Sampler {
  if (sampling === undefined) return (logits, _, allowed) => argmax(logits, allowed);
  const settings = checked(sampling);
  const random = new SeededRandom(settings.seed);
  return (logits, seen, allowed) => {
    const scores = penalised(logits, seen, settings);
    if (settings.temperature === 0) return argmax(scores, allowed);
    return draw(scores, candidates(scores, settings, allowed), settings.temperature, uniform(random));
  };
}

/** The id of the largest value; the first of equals. */
export function argmax(values: Float32Array, allowed?: TokenSet): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let first = 0; first < values.length; first += 32) {
    const bits = allowed === undefined ? -1 : (allowed[first >> 5] as number);
    if (bits === 0) continue;
    const end = Math.min(first + 32, values.length);
    for (let id = first; id < end; id++) {
      const value = values[id] as number;
      if ((value > most || best === -1) && ((bits >>> (id - first)) & 1) === 1) {
        most = value;
        best = id;
      }
    }
  }
  return best;
}

/** The ids of a set, in order. */
export function members(set: TokenSet): number[] {
  const ids: number[] = [];
  for (let word = 0; word < set.length; word++) {
    for (let bits = set[word] as number; bits !== 0; bits &= bits - 1) {
      ids.push(word * 32 + 31 - Math.clz32(bits & -bits));
    }
  }
  return ids;
}

type Settings = Required<Sampling>;

function checked(sampling: Sampling): Settings {
  const settings: Settings = {
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    repetitionWindow: Number.MAX_SAFE_INTEGER,
    seed: 0,
    ...Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined)),
  };
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  const ranges: readonly [keyof Settings, boolean, string][] = [
    ['temperature', settings.temperature >= 0 && settings.temperature <= 100, 'from 0 to 100'],
    ['topK', whole(settings.topK), 'a whole number of at least 0'],
    ['topP', settings.topP > 0 && settings.topP <= 1, 'above 0 and at most 1'],
    ['minP', settings.minP >= 0 && settings.minP <= 1, 'from 0 to 1'],
    [
      'repetitionPenalty',
      settings.repetitionPenalty > 0 && settings.repetitionPenalty <= 100,
      'above 0 and at most 100',
    ],
    ['repetitionWindow', whole(settings.repetitionWindow), 'a whole number of at least 0'],
    ['seed', whole(settings.seed), 'a whole number from 0 to 2^53 - 1'],
  ];
  for (const [name, fits, range] of ranges) {
    if (!fits) throw new SkeinError('engine/request', `${name} is ${settings[name]}, and must be ${range}.`);
  }
  return settings;
}

function penalised(logits: Float32Array, seen: readonly number[], settings: Settings): Float32Array {
  const { repetitionPenalty: penalty, repetitionWindow: window } = settings;
  if (penalty === 1 || window === 0) return logits;
  const scores = logits.slice();
  for (const id of new Set(seen.slice(Math.max(0, seen.length - window)))) {
    const logit = scores[id];
    if (logit !== undefined) scores[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return scores;
}

/** What top-k, top-p and min-p leave, one after the other. The likeliest token always stays. */
export function candidates(
  scores: Float32Array,
  { topK = 0, topP = 1, minP = 0 }: Sampling,
  allowed?: TokenSet,
): number[] {
  let ids = allowed === undefined ? Array.from({ length: scores.length }, (_, id) => id) : members(allowed);
  const most = scores[argmax(scores, allowed)] as number;
  const weight = (id: number): number => Math.exp((scores[id] as number) - most);
  const limit = topK === 0 ? ids.length : Math.min(topK, ids.length);
  if (topP < 1) {
    const likeliest = descending(scores, ids);
    const first = limit < ids.length ? Array.from({ length: limit }, () => likeliest() as number) : undefined;
    const total = (first ?? ids).reduce((sum, id) => sum + weight(id), 0);
    const kept: number[] = [];
    for (let mass = 0; kept.length < limit && mass < topP * total; ) {
      const id = first?.[kept.length] ?? (likeliest() as number);
      kept.push(id);
      mass += weight(id);
    }
    ids = kept;
  } else if (limit < ids.length) {
    const likeliest = descending(scores, ids);
    ids = Array.from({ length: limit }, () => likeliest() as number);
  }
  return minP === 0 ? ids : ids.filter(id => weight(id) >= minP);
}

/** Takes ids one by one, the highest score first, the lower id of equals: a heap, since few are ever asked for. */
function descending(scores: Float32Array, ids: readonly number[]): () => number | undefined {
  const heap = Int32Array.from(ids);
  let size = heap.length;
  const before = (a: number, b: number): boolean => {
    const difference = (scores[a] as number) - (scores[b] as number);
    return difference > 0 || (difference === 0 && a < b);
  };
  const sink = (from: number): void => {
    const moved = heap[from] as number;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1] as number, heap[child] as number)) child++;
      if (!before(heap[child] as number, moved)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = moved;
  };
  for (let at = (size >> 1) - 1; at >= 0; at--) sink(at);
  return () => {
    if (size === 0) return undefined;
    const top = heap[0] as number;
    size--;
    heap[0] = heap[size] as number;
    sink(0);
    return top;
  };
}

/** One of the ids by softmax(scores / temperature), where `at` in [0, 1) falls. */
function draw(scores: Float32Array, ids: readonly number[], temperature: number, at: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const id of ids) most = Math.max(most, scores[id] as number);
  const weights = Float64Array.from(ids, id => Math.exp(((scores[id] as number) - most) / temperature));
  let left = at * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return ids[index] as number;
  }
  // Rounding may leave a rest: the last one that can be drawn at all.
  return ids[weights.findLastIndex(weight => weight > 0)] as number;
}

/** Uniform in [0, 1), 53 bits. */
const uniform = (random: SeededRandom): number =>
  ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6)) / 2 ** 53;
