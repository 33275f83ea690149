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

/**
 * Picks the next token. `seen`: all tokens so far; `allowed`: what may be picked at all, at least one.
 * `engine/not-finite` where the logits are no ground to pick one.
 */
export type Sampler = (logits: Float32Array, seen: readonly number[], allowed?: TokenSet) => number;

/** Greedy without `sampling`. Throws `engine/request` for values outside their range. */
export function createSampler(sampling?: Sampling): Sampler {
  if (sampling === undefined) return (logits, _, allowed) => likeliestOf(logits, allowed);
  const settings = checked(sampling);
  const random = new SeededRandom(settings.seed);
  return (logits, seen, allowed) => {
    const scores = penalised(logits, seen, settings);
    if (settings.temperature === 0) return likeliestOf(scores, allowed);
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

/** The same where the value is a finite number. */
function likeliestOf(scores: Float32Array, allowed?: TokenSet): number {
  const id = argmax(scores, allowed);
  if (Number.isFinite(scores[id])) return id;
  throw new SkeinError('engine/not-finite', `The likeliest token has the logit ${scores[id]}.`);
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

/** What top-k, top-p and min-p leave, one after the other, in no particular order. One always stays. */
export function candidates(
  scores: Float32Array,
  { topK = 0, topP = 1, minP = 0 }: Sampling,
  allowed?: TokenSet,
): Int32Array {
  const most = scores[likeliestOf(scores, allowed)] as number;
  const least = minP === 0 ? Number.NEGATIVE_INFINITY : most + Math.log(minP);
  if (topK > 0 && topK < scores.length) {
    const first = likeliest(scores, topK, allowed);
    return nucleus(scores, first, topP).filter(id => (scores[id] as number) >= least);
  }
  if (topP === 1) return atLeast(scores, least, allowed);
  // What is 40 below the likeliest weighs less than rounding does.
  const near = atLeast(scores, most - 40, allowed);
  return nucleus(scores, near, topP).filter(id => (scores[id] as number) >= least);
}

/** Scores are told apart by so many steps before any is sorted: more than the eye would, fewer than memory minds. */
const bucketCount = 2048;

/**
 * The smallest set of the likeliest with this share of the weight of all given. Weight is summed by steps of the score; only
 * where the share is reached within a step are its members sorted.
 */
function nucleus(scores: Float32Array, ids: Int32Array, share: number): Int32Array {
  if (share === 1 || ids.length < 2) return ids;
  let most = Number.NEGATIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    most = Math.max(most, scores[id] as number);
    least = Math.min(least, scores[id] as number);
  }
  const steps = (bucketCount - 1) / Math.max(most - least, 1e-30);
  const buckets = new Uint16Array(ids.length);
  const masses = new Float64Array(bucketCount);
  let total = 0;
  for (let n = 0; n < ids.length; n++) {
    const below = most - (scores[ids[n] as number] as number);
    const bucket = Math.min(bucketCount - 1, Math.floor(below * steps));
    const weight = Math.exp(-below);
    buckets[n] = bucket;
    masses[bucket] = (masses[bucket] as number) + weight;
    total += weight;
  }
  let last = 0;
  let mass = 0;
  while (last < bucketCount - 1 && mass + (masses[last] as number) < share * total) {
    mass += masses[last] as number;
    last++;
  }
  const kept: number[] = [];
  const border: number[] = [];
  for (let n = 0; n < ids.length; n++) {
    const bucket = buckets[n] as number;
    if (bucket <= last) (bucket < last ? kept : border).push(ids[n] as number);
  }
  border.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  for (const id of border) {
    if (mass >= share * total) break;
    mass += Math.exp((scores[id] as number) - most);
    kept.push(id);
  }
  return Int32Array.from(kept);
}

/** Ids of the allowed scores of at least this, in order. */
function atLeast(scores: Float32Array, least: number, allowed?: TokenSet): Int32Array {
  const ids = new Int32Array(scores.length);
  let count = 0;
  for (let first = 0; first < scores.length; first += 32) {
    const bits = allowed === undefined ? -1 : (allowed[first >> 5] as number);
    if (bits === 0) continue;
    const end = Math.min(first + 32, scores.length);
    for (let id = first; id < end; id++) {
      if ((scores[id] as number) >= least && ((bits >>> (id - first)) & 1) === 1) ids[count++] = id;
    }
  }
  return ids.subarray(0, count);
}

/** The ids of the `count` highest allowed scores, the lower id of equals. */
function likeliest(scores: Float32Array, count: number, allowed?: TokenSet): Int32Array {
  // The worst of those kept stands first: most of what comes is compared with it alone.
  const heap: number[] = [];
  const worse = (a: number, b: number): boolean => {
    const difference = (scores[a] as number) - (scores[b] as number);
    return difference < 0 || (difference === 0 && a > b);
  };
  const sink = (): void => {
    const moved = heap[0] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && worse(heap[child + 1] as number, heap[child] as number)) child++;
      if (!worse(heap[child] as number, moved)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = moved;
  };
  let least = Number.NEGATIVE_INFINITY;
  for (let first = 0; first < scores.length; first += 32) {
    const bits = allowed === undefined ? -1 : (allowed[first >> 5] as number);
    if (bits === 0) continue;
    const end = Math.min(first + 32, scores.length);
    for (let id = first; id < end; id++) {
      if (heap.length === count && !((scores[id] as number) > least)) continue;
      if (((bits >>> (id - first)) & 1) === 0) continue;
      if (heap.length < count) {
        heap.push(id);
        if (heap.length < count) continue;
        heap.sort((a, b) => (worse(a, b) ? -1 : 1));
      } else {
        heap[0] = id;
        sink();
      }
      least = scores[heap[0] as number] as number;
    }
  }
  return Int32Array.from(heap);
}

/** One of the ids by softmax(scores / temperature), where `at` in [0, 1) falls. */
function draw(scores: Float32Array, ids: Int32Array, temperature: number, at: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const id of ids) most = Math.max(most, scores[id] as number);
  const weights = new Float64Array(ids.length);
  let total = 0;
  for (let index = 0; index < ids.length; index++) {
    const weight = Math.exp(((scores[ids[index] as number] as number) - most) / temperature);
    weights[index] = weight;
    total += weight;
  }
  let left = at * total;
  for (let index = 0; index < weights.length; index++) {
    left -= weights[index] as number;
    if (left < 0) return ids[index] as number;
  }
  // Rounding may leave a rest: the last one that can be drawn at all.
  return ids[weights.findLastIndex(weight => weight > 0)] as number;
}

/** Uniform in [0, 1), 53 bits. */
const uniform = (random: SeededRandom): number =>
  ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6)) / 2 ** 53;
