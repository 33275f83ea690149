// Packs training examples into runs of the training graph.

import { SkeinError } from '../../core/errors.js';
import type { TrainingExample } from './types.js';

/** Several examples as one sequence, and as rows of slots in front of attention; see lowering/trainingContext.ts. */
export interface PackedRun {
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
}

/** The last answer token is predicted and never read. */
const inputLength = ({ prompt, answer }: TrainingExample): number => prompt.length + answer.length - 1;

/**
 * Runs of at most `maxTokens` tokens, and of at most twice as many slots: examples of like length go together.
 * Throws `engine/capacity` for a longer example or a token outside the vocabulary, `record/invalid` for an example without
 * prompt or answer.
 */
export function packRuns(
  batch: readonly TrainingExample[],
  maxTokens: number,
  vocabulary: number,
): PackedRun[] {
  for (const example of batch) {
    if (example.prompt.length === 0 || example.answer.length === 0) {
      throw new SkeinError('record/invalid', 'A training example needs a prompt and an answer.');
    }
    for (const id of [...example.prompt, ...example.answer]) {
      if (Number.isInteger(id) && id >= 0 && id < vocabulary) continue;
      throw new SkeinError('engine/capacity', `Token ${id} is not in the vocabulary of ${vocabulary}.`);
    }
    const length = inputLength(example);
    if (length <= maxTokens) continue;
    throw new SkeinError(
      'engine/capacity',
      `An example of ${length} tokens does not fit a run of ${maxTokens}.`,
      {
        data: { tokens: length, maxTokens },
      },
    );
  }
  const runs: TrainingExample[][] = [];
  let tokens = 0;
  for (const example of [...batch].sort((a, b) => inputLength(b) - inputLength(a))) {
    const open = runs.at(-1);
    const longest = inputLength(open?.[0] ?? example);
    const fits =
      tokens + inputLength(example) <= maxTokens && ((open?.length ?? 0) + 1) * longest <= 2 * maxTokens;
    if (open !== undefined && fits) {
      open.push(example);
      tokens += inputLength(example);
    } else {
      runs.push([example]);
      tokens = inputLength(example);
    }
  }
  return runs.map(pack);
}

function pack(batch: readonly TrainingExample[]): PackedRun {
  const length = Math.max(...batch.map(inputLength));
  const slots = new BigInt64Array(batch.length * length);
  const filled = new Float32Array(batch.length * length);
  const ids: number[] = [];
  const places: number[] = [];
  const labels: number[] = [];
  const targets: number[] = [];
  for (const [row, { prompt, answer }] of batch.entries()) {
    const start = ids.length;
    ids.push(...prompt, ...answer.slice(0, -1));
    for (const [index, target] of answer.entries()) {
      labels.push(start + prompt.length - 1 + index);
      targets.push(target);
    }
    for (let slot = row * length, token = start; token < ids.length; slot++, token++) {
      slots[slot] = BigInt(token);
      filled[slot] = 1;
      places.push(slot);
    }
  }
  const integers = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
  return {
    ids,
    examples: batch.length,
    length,
    slots,
    filled,
    places: integers(places),
    labels: integers(labels),
    targets: integers(targets),
  };
}

/** [length, length]: a query (row) sees no key after it. */
export function causalMask(length: number): Float32Array {
  const mask = new Float32Array(length * length);
  for (let query = 0; query < length; query++)
    mask.fill(-1e9, query * length + query + 1, (query + 1) * length);
  return mask;
}
