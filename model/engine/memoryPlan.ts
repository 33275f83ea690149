// A memory plan: what a trainer may do within a budget of bytes, and what it then chooses; in numbers and in words.
//
// The peak is estimated as base + adapter + run:
//   base     the process with the model's weights in memory: `processBytes` + `weightFactor` times the weights' own bytes;
//            while a session is opened, `openingFactor` times them.
//   adapter  weights, gradients and what the optimiser keeps.
//   run      the values that are alive together (memoryModel.ts), each kind of count times a factor: what the runtime
//            holds beyond them, because nodes run earlier than they must and freed memory is not used again at once.
// The factors are fitted to measured peaks; docs/decisions/memory-plan.md has them beside the estimates.

import { SkeinError } from '../../core/errors.js';
import { formatBytes } from '../../core/units.js';
import type { AdapterShape, Arithmetic } from '../../proto/messages.js';
import type { DecoderConfig } from '../architecture/config.js';
import { decoderGraph } from '../architecture/decoder.js';
import {
  type Count,
  type LiveCounts,
  layeredCounts,
  liveBytes,
  liveCounts,
  type RunShape,
} from './memoryModel.js';
import { freshMemory, type Segment } from './optimizer.js';
import { packRuns, runShape } from './trainerBatch.js';
import { AdapterLayout } from './trainerWeights.js';
import type { MemoryPlan, OptimizerOptions, Recompute, TrainerOptions, TrainingExample } from './types.js';

interface Measured {
  readonly processBytes: number;
  /** Bytes of a weight in memory, of all layouts that training needs. */
  readonly bytesPerWeight: number;
  readonly weightFactor: number;
  /** The same while a session is opened: the kernels' layout stands beside ours. */
  readonly openingFactor: number;
}

/** Blocks of 32 with a float scale and a zero point, once as they are and once transposed. */
const blockBytes = 2 * (1 + 5 / 32);

const measured: Readonly<Record<Arithmetic, Measured>> = {
  fast: { processBytes: 60e6, bytesPerWeight: blockBytes, weightFactor: 1.4, openingFactor: 2.25 },
  exact: { processBytes: 60e6, bytesPerWeight: 4, weightFactor: 1.5, openingFactor: 1.5 },
};

const runFactors: Readonly<Record<Recompute, Count>> = {
  none: { tokens: 1.35, slots: 1.35, pairs: 1.15, labels: 1.1, one: 1 },
  layers: { tokens: 2.2, slots: 2.2, pairs: 1.4, labels: 1.1, one: 1 },
};

export interface MemorySubject {
  readonly config: DecoderConfig;
  readonly arithmetic: Arithmetic;
  readonly options: Pick<TrainerOptions, 'shape' | 'optimizer' | 'teacher' | 'maxTokensPerRun' | 'recompute'>;
}

/** What every run has in common, and what one run takes besides. */
export interface MemoryEstimate {
  readonly baseBytes: number;
  /** While the session is opened. */
  readonly openingBytes: number;
  runBytes(run: RunShape, recompute: Recompute): number;
}

export function estimateMemory({ config, arithmetic, options }: MemorySubject): MemoryEstimate {
  const { processBytes, bytesPerWeight, weightFactor, openingFactor } = measured[arithmetic];
  const sizes = [
    ...config.layers.flatMap(layer => linearSizes(layer)),
    config.head.rows * config.head.columns,
  ];
  const weights = sizes.reduce((sum, size) => sum + size, 0);
  const ownBytes = processBytes + adapterBytes(config, options.shape, options.optimizer);
  const weightBytes = bytesPerWeight * weights;
  const baseBytes = Math.ceil(ownBytes + weightFactor * weightBytes);
  const teacher = options.teacher && { temperature: options.teacher.temperature ?? 1 };
  const whole = decoderGraph(config, options.shape, teacher);
  const count = (recompute: Recompute): LiveCounts => {
    if (recompute === 'none') return liveCounts(whole);
    const single = { ...config, layers: config.layers.slice(-1) };
    return layeredCounts(whole, decoderGraph(single, options.shape, teacher));
  };
  const counts: Partial<Record<Recompute, LiveCounts>> = {};
  const countsOf = (recompute: Recompute): LiveCounts => {
    counts[recompute] ??= weighted(count(recompute), runFactors[recompute]);
    return counts[recompute];
  };
  return {
    baseBytes,
    openingBytes: Math.ceil(ownBytes + openingFactor * weightBytes),
    runBytes: (run, recompute) => Math.ceil(liveBytes(countsOf(recompute), run)),
  };
}

const linearSizes = (layer: DecoderConfig['layers'][number]): number[] =>
  (['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const).map(name => layer[name].rows * layer[name].columns);

const weighted = (counts: LiveCounts, factors: Count): LiveCounts =>
  counts.map(
    count =>
      Object.fromEntries(
        Object.entries(count).map(([key, n]) => [key, n * factors[key as keyof Count]]),
      ) as Count,
  );

/** Weights, the gradient that a run writes, that which is summed up, and the optimiser's memory. */
function adapterBytes(config: DecoderConfig, shape: AdapterShape, optimizer?: OptimizerOptions): number {
  const layout = new AdapterLayout(config, shape);
  const segments: Segment[] = layout.tensors
    .filter(({ offset }) => offset < layout.trainedSize)
    .map(({ offset, shape: [rows, columns] }) => ({ offset, rows, columns, rate: 1 }));
  const kept = Object.values(freshMemory(optimizer ?? { kind: 'adamw' }, segments));
  return (
    4 * (layout.size + 2 * layout.trainedSize) + kept.reduce((sum, { byteLength }) => sum + byteLength, 0)
  );
}

/** A spread would put all of them on the stack. */
const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value));

/** In the order in which they are preferred. */
const allRecomputations: readonly Recompute[] = ['none', 'layers'];
const defaultMaxTokens = 512;
/** Of a budget: estimates were up to 3 % too low. */
const usedShare = 0.95;

/**
 * Chooses how to train these examples so that the whole process stays below `budgetBytes`, `reservedBytes` of which are
 * for others. Runs of at least a few examples without recomputation are preferred; then smaller ones with it.
 * Throws `train/memory` with the least budget that would do, `record/none` without examples.
 */
export function planTraining(
  subject: MemorySubject,
  examples: readonly TrainingExample[],
  budgetBytes: number,
  reservedBytes = 0,
): MemoryPlan {
  if (examples.length === 0) throw new SkeinError('record/none', 'There is no example to plan for.');
  const estimate = estimateMemory(subject);
  const { recompute: asked } = subject.options;
  const recomputations = asked === undefined ? allRecomputations : [asked];
  const alone = examples.map(example => runShape([example]));
  const longest = largest(alone.map(({ tokens }) => tokens));
  const most = (recompute: Recompute): number => largest(alone.map(run => estimate.runBytes(run, recompute)));
  const room = Math.floor(budgetBytes * usedShare) - reservedBytes - estimate.baseBytes;
  const recompute = recomputations.find(one => most(one) <= room);
  const leastRun = Math.min(...recomputations.map(one => most(one)));
  const leastEstimate = reservedBytes + Math.max(estimate.openingBytes, estimate.baseBytes + leastRun);
  // One byte more, so that rounding cannot bring it below.
  const least = Math.ceil(leastEstimate / usedShare) + 1;
  if (recompute === undefined || budgetBytes < least) {
    throw new SkeinError(
      'train/memory',
      `${formatBytes(budgetBytes)} are too little to train on an example of ${longest} tokens: at least ${Math.ceil(least / 1e6)} MB are needed.`,
      { data: { budgetBytes, leastBytes: least, longest } },
    );
  }
  const maxTokensPerRun = Math.max(longest, subject.options.maxTokensPerRun ?? defaultMaxTokens);
  const runs = packRuns(examples, {
    maxTokens: maxTokensPerRun,
    vocabulary: subject.config.vocabulary,
    fits: run => estimate.runBytes(run, recompute) <= room,
  });
  const largestRun = largest(
    runs.map(({ members }) => {
      const run = runShape(members.map(index => examples[index] as TrainingExample));
      return estimate.runBytes(run, recompute);
    }),
  );
  const tokens = largest(runs.map(({ ids }) => ids.length));
  const estimatedBytes = Math.ceil(
    reservedBytes + Math.max(estimate.openingBytes, estimate.baseBytes + largestRun),
  );
  return {
    budgetBytes,
    recompute,
    maxTokensPerRun: tokens,
    longestExample: longest,
    runBytes: room,
    estimatedBytes,
    text: [
      `Within ${formatBytes(budgetBytes)}: runs of at most ${tokens} tokens, the longest example has ${longest},`,
      recompute === 'none' ? 'activations are kept' : 'activations are computed again layer by layer',
      `(estimated peak ${formatBytes(estimatedBytes)}, of which ${formatBytes(estimate.baseBytes)} are the model).`,
    ].join(' '),
  };
}
