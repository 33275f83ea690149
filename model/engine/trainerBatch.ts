// Packs training examples into runs of the training graph.

import { SkeinError } from '../../core/errors.js';
import { checkTokens } from './embedding.js';
import type { RunShape } from './memoryModel.js';
import { type PackedTeacher, packTeacher, type TeacherPlace } from './trainerTeacher.js';
import type { TrainingExample } from './types.js';

/** Several examples as one sequence, and as rows of slots in front of attention; see lowering/trainingContext.ts. */
export interface PackedRun {
  /** Which example of the batch stands in each row. */
  readonly members: readonly number[];
  /** Tokens of the sequence, example after example. */
  readonly ids: readonly number[];
  readonly examples: number;
  /** Slots of each example: the tokens of the longest. */
  readonly length: number;
  readonly slots: BigInt64Array;
  readonly filled: Float32Array;
  readonly places: BigInt64Array;
  readonly labels: BigInt64Array;
  readonly targets: BigInt64Array;
  /** Of each label's cross-entropy. */
  readonly weights: Float32Array;
  readonly teacher: PackedTeacher;
}

export interface RunLimits {
  readonly maxTokens: number;
  /** Default: as many as fit. */
  readonly maxExamples?: number;
  /** Whether a run of this shape may be made of several examples. Default: any. */
  readonly fits?: ((run: RunShape) => boolean) | undefined;
  readonly vocabulary: number;
  /** What the loss of a label with teacher logits is mixed of. Default: cross-entropy alone. */
  readonly teacher?: { readonly share: number; readonly temperature: number } | undefined;
}

/** The last answer token is predicted and never read. */
export const inputLength = ({ prompt, answer }: TrainingExample): number => prompt.length + answer.length - 1;

/** Sum of the weights of an example's labels. */
export const labelWeight = ({ answer, weights }: TrainingExample): number =>
  weights === undefined ? answer.length : weights.reduce((sum, weight) => sum + weight, 0);

export function runShape(examples: readonly TrainingExample[]): RunShape {
  const lengths = examples.map(inputLength);
  const longest = Math.max(...lengths);
  const slots = examples.length * longest;
  return {
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    labels: examples.reduce((sum, example) => sum + labelCount(example), 0),
    slots,
    pairs: slots * longest,
  };
}

/** Labels that count. */
export const labelCount = ({ answer, weights }: TrainingExample): number =>
  weights === undefined ? answer.length : weights.filter(weight => weight > 0).length;

/**
 * Runs of at most `maxTokens` tokens, and of at most twice as many slots: examples of like length go together, so that a
 * short one is not padded to a long one's slots. Labels without weight take no part.
 * Throws `engine/capacity` for a longer example or a token outside the vocabulary, `record/invalid` for an example without
 * prompt or answer, or with weights or teacher logits that do not fit it.
 */
export function packRuns(batch: readonly TrainingExample[], limits: RunLimits): PackedRun[] {
  const { maxTokens, maxExamples = Number.POSITIVE_INFINITY } = limits;
  for (const example of batch) checkExample(example, limits);
  const runs: number[][] = [];
  const lengthOf = (index: number): number => inputLength(batch[index] as TrainingExample);
  const together = (members: readonly number[]): boolean => {
    const run = runShape(members.map(index => batch[index] as TrainingExample));
    const fits = run.tokens <= maxTokens && run.slots <= 2 * maxTokens && members.length <= maxExamples;
    return fits && (limits.fits?.(run) ?? true);
  };
  for (const index of [...batch.keys()].sort((a, b) => lengthOf(b) - lengthOf(a))) {
    const open = runs.at(-1);
    if (open !== undefined && together([...open, index])) open.push(index);
    else runs.push([index]);
  }
  return runs.map(members => pack(batch, members, limits));
}

function checkExample(example: TrainingExample, { maxTokens, vocabulary }: RunLimits): void {
  const { prompt, answer, weights, teacher } = example;
  const refuse = (why: string): SkeinError => new SkeinError('record/invalid', `A training example ${why}.`);
  if (prompt.length === 0 || answer.length === 0) throw refuse('needs a prompt and an answer');
  for (const ids of [prompt, answer, ...(teacher ?? []).map(one => one.ids)]) checkTokens(ids, vocabulary);
  if (weights !== undefined) {
    if (weights.length !== answer.length) throw refuse('needs one weight for each answer token');
    if (!weights.every(weight => weight >= 0 && weight <= 1)) throw refuse('has a weight outside of 0 to 1');
    if (!weights.some(weight => weight > 0)) throw refuse('has no answer token that counts');
  }
  if (teacher !== undefined) {
    if (teacher.length !== answer.length) throw refuse('needs teacher logits for each answer token');
    for (const { ids, logProbabilities } of teacher) {
      if (ids.length === 0 || ids.length !== logProbabilities.length || new Set(ids).size !== ids.length)
        throw refuse('has teacher logits without a log-probability for each of their tokens, each once');
      const mass = logProbabilities.reduce((sum, log) => sum + Math.exp(log), 0);
      if (!logProbabilities.every(Number.isFinite) || !(mass <= 1.001))
        throw refuse('has teacher log-probabilities whose probabilities are more than 1');
    }
  }
  const length = inputLength(example);
  if (length <= maxTokens) return;
  throw new SkeinError(
    'engine/capacity',
    `An example of ${length} tokens does not fit a run of ${maxTokens}.`,
    { data: { tokens: length, maxTokens } },
  );
}

function pack(
  batch: readonly TrainingExample[],
  members: readonly number[],
  { teacher }: RunLimits,
): PackedRun {
  const examples = members.map(index => batch[index] as TrainingExample);
  const length = Math.max(...examples.map(inputLength));
  const slots = new BigInt64Array(examples.length * length);
  const filled = new Float32Array(examples.length * length);
  const ids: number[] = [];
  const places: number[] = [];
  const labels: number[] = [];
  const targets: number[] = [];
  const counts: number[] = [];
  const taught: TeacherPlace[] = [];
  for (const [row, { prompt, answer, weights, teacher: logits }] of examples.entries()) {
    const start = ids.length;
    for (const id of prompt) ids.push(id);
    for (const id of answer.slice(0, -1)) ids.push(id);
    for (const [index, target] of answer.entries()) {
      const weight = weights?.[index] ?? 1;
      if (weight === 0) continue;
      labels.push(start + prompt.length - 1 + index);
      targets.push(target);
      const share = logits === undefined ? 0 : (teacher?.share ?? 0);
      counts.push(weight * (1 - share));
      taught.push({ logits: logits?.[index], weight: weight * share });
    }
    for (let slot = row * length, token = start; token < ids.length; slot++, token++) {
      slots[slot] = BigInt(token);
      filled[slot] = 1;
      places.push(slot);
    }
  }
  const integers = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
  return {
    members,
    ids,
    examples: examples.length,
    length,
    slots,
    filled,
    places: integers(places),
    labels: integers(labels),
    targets: integers(targets),
    weights: Float32Array.from(counts),
    teacher: packTeacher(taught),
  };
}

/** [length, length]: a query (row) sees no key after it. */
export function causalMask(length: number): Float32Array {
  const mask = new Float32Array(length * length);
  for (let query = 0; query < length; query++)
    mask.fill(-1e9, query * length + query + 1, (query + 1) * length);
  return mask;
}
