// Trains an adapter on an open model: packs batches, runs the training graph, sums gradients, steps the optimiser.

import { SkeinError } from '../../core/errors.js';
import type { NamedTensor } from '../../proto/messages.js';
import { checkAdapter, checkShape } from './adapters.js';
import { checkSchedule, learningRateShare } from './learningRate.js';
import type { RunShape } from './memoryModel.js';
import { estimateMemory } from './memoryPlan.js';
import { clip, freshMemory, type OptimizerMemory, optimizerStep, type Segment } from './optimizer.js';
import type { RunQueue } from './runQueue.js';
import { labelCount, labelWeight, packRuns, type RunLimits } from './trainerBatch.js';
import { type ProgramParts, TrainingProgram } from './trainerProgram.js';
import { AdapterLayout, freshAdapter } from './trainerWeights.js';
import type {
  Adapter,
  BatchResult,
  MemoryPlan,
  OptimizerOptions,
  StepOptions,
  StepResult,
  Trainer,
  TrainerOptions,
  TrainerState,
  TrainingExample,
} from './types.js';

/** What the open model lends to its trainers. */
export interface TrainerParts extends ProgramParts {
  /** Answering and training take turns. */
  readonly queue: RunQueue;
}

const defaultMaxTokens = 512;
/** Farther than any model sees. */
const mostTokens = 1 << 20;
/** Gradients of examples apart, in one run. */
const maxPerExampleBytes = 64 * 1024 * 1024;

/** Throws `train/invalid`, and `adapter/invalid` where `start` is not an adapter of this shape for this model. */
export function createTrainer(
  parts: TrainerParts,
  options: TrainerOptions,
  start: Adapter | { readonly seed: number },
  onClose: () => void,
): Trainer & { ready(): Promise<void> } {
  const { config } = parts;
  const { shape } = options;
  checkOptions(options);
  checkShape(shape);
  if ('seed' in start && !(Number.isSafeInteger(start.seed) && start.seed >= 0))
    throw new SkeinError(
      'train/invalid',
      `The seed is ${start.seed}, not a whole number from 0 to 2^53 - 1.`,
    );
  const tensors = 'seed' in start ? freshAdapter(config, shape, start.seed) : start.tensors;
  const given = checkAdapter(config, { shape, tensors });
  const layout = new AdapterLayout(config, shape);
  const weights = new Float32Array(layout.size);
  layout.pack([...given.values()], weights);
  const wanted = options.memory?.maxTokensPerRun ?? options.maxTokensPerRun ?? defaultMaxTokens;
  const maxTokens = Math.min(wanted, config.contextLength);
  return new SessionTrainer(parts, options, maxTokens, layout, weights, onClose);
}

function checkOptions({ optimizer, schedule, ...options }: TrainerOptions): void {
  if (schedule !== undefined) checkSchedule(schedule);
  const { learningRate, weightDecay, clipNorm, loraPlusRatio = 1, teacher, maxTokensPerRun = 1 } = options;
  const positive = (value: number): boolean => Number.isFinite(value) && value > 0;
  const share = (value: number): boolean => value >= 0 && value < 1;
  const problems = [
    positive(learningRate) || 'The learning rate must be above 0.',
    positive(weightDecay) || weightDecay === 0 || 'The weight decay must not be below 0.',
    positive(clipNorm) || clipNorm === 0 || 'The clip norm must not be below 0.',
    positive(loraPlusRatio) || 'The ratio of LoRA+ must be above 0.',
    (Number.isInteger(maxTokensPerRun) && maxTokensPerRun > 0 && maxTokensPerRun <= mostTokens) ||
      `The tokens of a run must be a whole number from 1 to ${mostTokens}.`,
    teacher === undefined ||
      (teacher.share >= 0 && teacher.share <= 1 && positive(teacher.temperature ?? 1)) ||
      "The teacher's share must be from 0 to 1, the temperature above 0.",
    optimizer?.kind !== 'adamw' ||
      ((optimizer.betas ?? []).every(share) && (optimizer.epsilon ?? 1) > 0) ||
      "AdamW's betas must be from 0 to below 1, epsilon above 0.",
    optimizer?.kind !== 'adafactor' ||
      positive(optimizer.clipThreshold ?? 1) ||
      "Adafactor's clip threshold must be above 0.",
  ];
  const problem = problems.find(one => one !== true);
  if (problem !== undefined) throw new SkeinError('train/invalid', String(problem));
}

function runFits(
  { config, arithmetic }: TrainerParts,
  options: TrainerOptions,
  { runBytes, recompute }: MemoryPlan,
): (run: RunShape) => boolean {
  const estimate = estimateMemory({ config, arithmetic, options });
  return run => estimate.runBytes(run, recompute) <= runBytes;
}

/** Sums over batches, and what they are divided by. */
interface Sums {
  readonly gradient: Float32Array;
  weight: number;
  loss: number;
  labelWeight: number;
  tokens: number;
  answerTokens: number;
  readonly per: 'token' | 'example';
}

type Norms = Pick<BatchResult, 'exampleNorms'>;

class SessionTrainer implements Trainer {
  readonly optimizerBytes: number;
  readonly #parts: TrainerParts;
  readonly #options: TrainerOptions;
  readonly #limits: RunLimits;
  readonly #layout: AdapterLayout;
  readonly #weights: Float32Array;
  readonly #segments: readonly Segment[];
  readonly #optimizer: OptimizerOptions;
  readonly #memory: OptimizerMemory;
  readonly #onClose: () => void;
  readonly #programs = new Map<Sums['per'], TrainingProgram>();
  #pending: Sums | undefined;
  #step = 0;
  #busy = false;
  #closed = false;

  constructor(
    parts: TrainerParts,
    options: TrainerOptions,
    maxTokens: number,
    layout: AdapterLayout,
    weights: Float32Array,
    onClose: () => void,
  ) {
    this.#onClose = onClose;
    const { teacher, optimizer = { kind: 'adamw' }, loraPlusRatio = 1 } = options;
    this.#parts = parts;
    this.#options = options;
    this.#limits = {
      maxTokens,
      vocabulary: parts.config.vocabulary,
      teacher: teacher && { temperature: 1, ...teacher },
      fits: options.memory && runFits(parts, options, options.memory),
    };
    this.#layout = layout;
    this.#weights = weights;
    this.#segments = layout.tensors
      .filter(({ offset }) => offset < layout.trainedSize)
      .map(({ offset, side, shape: [rows, columns] }) => ({
        offset,
        rows,
        columns,
        rate: side === 'B' ? loraPlusRatio : 1,
      }));
    this.#optimizer = optimizer;
    this.#memory = freshMemory(optimizer, this.#segments);
    this.optimizerBytes = Object.values(this.#memory).reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#program('token');
  }

  async accumulate(
    batch: readonly TrainingExample[],
    { signal, perExampleClip }: StepOptions = {},
  ): Promise<BatchResult> {
    this.#ready();
    const per = perExampleClip === undefined ? 'token' : 'example';
    if (this.#pending !== undefined && this.#pending.per !== per)
      throw new SkeinError('train/invalid', 'One step is made of clipped examples, or of none.');
    const { sums, exampleNorms } = await this.#differentiate(batch, perExampleClip, signal);
    const pending = this.#pending;
    if (pending === undefined) this.#pending = sums;
    else {
      addTo(pending.gradient, sums.gradient, 1);
      for (const count of ['weight', 'loss', 'labelWeight', 'tokens', 'answerTokens'] as const)
        pending[count] += sums[count];
    }
    return { ...resultOf(sums), ...(exampleNorms && { exampleNorms }) };
  }

  apply(): StepResult {
    this.#ready();
    const sums = this.#pending;
    if (sums === undefined) throw new SkeinError('record/none', 'Nothing was accumulated for a step.');
    this.#pending = undefined;
    const { gradient } = sums;
    divide(gradient, sums.weight);
    const { clipNorm, weightDecay, schedule } = this.#options;
    const gradientNorm = clip(gradient, clipNorm);
    if (!Number.isFinite(gradientNorm)) throw diverged('norm of the gradient', gradientNorm);
    const share = schedule === undefined ? 1 : learningRateShare(schedule, this.#step);
    const learningRate = this.#options.learningRate * share;
    this.#step += 1;
    optimizerStep({
      options: this.#optimizer,
      segments: this.#segments,
      weights: this.#weights,
      gradient,
      memory: this.#memory,
      step: this.#step,
      learningRate,
      weightDecay,
    });
    return { ...resultOf(sums), gradientNorm, learningRate };
  }

  async step(batch: readonly TrainingExample[], options: StepOptions = {}): Promise<StepResult> {
    const { exampleNorms } = await this.accumulate(batch, options);
    return { ...this.apply(), ...(exampleNorms && { exampleNorms }) };
  }

  async gradients(
    batch: readonly TrainingExample[],
    { signal, perExampleClip }: StepOptions = {},
  ): Promise<BatchResult & { gradients: NamedTensor[] }> {
    const { sums, exampleNorms } = await this.#differentiate(batch, perExampleClip, signal);
    divide(sums.gradient, sums.weight);
    const gradients = this.#layout.unpack(sums.gradient);
    return { ...resultOf(sums), ...(exampleNorms && { exampleNorms }), gradients };
  }

  adapter(): Adapter {
    return { shape: this.#options.shape, tensors: this.#layout.unpack(this.#weights) };
  }

  state(): TrainerState {
    const pending = this.#pending;
    return {
      step: this.#step,
      optimizer: this.#optimizer.kind,
      weights: this.#layout.unpack(this.#weights),
      memory: Object.entries(this.#memory).map(([name, values]) => ({
        name,
        shape: [values.length],
        values: values.slice(),
      })),
      pending: pending === undefined ? null : { ...pending, gradient: this.#layout.unpack(pending.gradient) },
    };
  }

  /** `checkpoint/invalid`, with nothing changed, where the state is of another adapter shape or optimiser. */
  restore(state: TrainerState): void {
    if (this.#busy) throw new SkeinError('engine/busy', 'The trainer is in the middle of a step.');
    const packed = (tensors: readonly NamedTensor[], size: number): Float32Array | undefined => {
      const flat = new Float32Array(size);
      return this.#layout.pack(tensors, flat) ? flat : undefined;
    };
    const weights = packed(state.weights, this.#weights.length);
    const memory = new Map(state.memory.map(({ name, values }) => [name, values]));
    const kept = Object.entries(this.#memory);
    const { pending } = state;
    const gradient = pending === null ? undefined : packed(pending.gradient, this.#layout.trainedSize);
    const fits =
      state.optimizer === this.#optimizer.kind &&
      memory.size === kept.length &&
      kept.every(([name, { length }]) => memory.get(name)?.length === length) &&
      (pending === null) === (gradient === undefined) &&
      Number.isSafeInteger(state.step) &&
      state.step >= 0;
    if (!fits || weights?.every(Number.isFinite) !== true)
      throw new SkeinError('checkpoint/invalid', 'The trainer state is of another adapter or optimiser.');
    this.#weights.set(weights);
    for (const [name, values] of kept) values.set(memory.get(name) as Float32Array);
    this.#pending = pending === null || gradient === undefined ? undefined : { ...pending, gradient };
    this.#step = state.step;
  }

  /** Resolves when steps can begin at once; rejects with what opening the session throws. */
  async ready(): Promise<void> {
    await this.#program('token').ready();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const program of this.#programs.values()) program.close();
    this.#onClose();
  }

  #ready(): void {
    if (this.#closed) throw new SkeinError('engine/closed', 'The trainer is closed.');
    if (this.#busy) throw new SkeinError('engine/busy', 'The trainer is in the middle of a step.');
  }

  /** The second kind is opened when it is first asked for. */
  #program(per: Sums['per']): TrainingProgram {
    const known = this.#programs.get(per);
    if (known !== undefined) return known;
    const { maxTokens, teacher } = this.#limits;
    const form = {
      shape: this.#options.shape,
      teacher: teacher && { temperature: teacher.temperature },
      maxTokens,
      perExample: per === 'example',
      recompute: this.#options.memory?.recompute ?? this.#options.recompute ?? 'none',
    };
    const program = new TrainingProgram(this.#parts, form, this.#layout, this.#weights);
    this.#programs.set(per, program);
    return program;
  }

  async #differentiate(
    batch: readonly TrainingExample[],
    perExampleClip: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ sums: Sums } & Norms> {
    this.#ready();
    if (batch.length === 0) throw new SkeinError('record/none', 'The batch has no examples.');
    if (perExampleClip !== undefined && !(perExampleClip > 0))
      throw new SkeinError('train/invalid', 'The norm to which examples are clipped must be above 0.');
    const { trainedSize } = this.#layout;
    const per = perExampleClip === undefined ? 'token' : 'example';
    const maxExamples = Math.max(1, Math.floor(maxPerExampleBytes / (4 * trainedSize)));
    const runs = packRuns(batch, { ...this.#limits, ...(per === 'example' && { maxExamples }) });
    const sums = emptySums(batch, trainedSize, per);
    const exampleNorms = per === 'example' ? new Array<number>(batch.length).fill(0) : undefined;
    this.#busy = true;
    try {
      const program = this.#program(per);
      for (const run of runs) {
        const { loss, gradient } = await this.#parts.queue.run(() => program.run(run, signal), signal);
        if (!Number.isFinite(loss)) throw diverged('loss', loss);
        sums.loss += loss;
        if (perExampleClip === undefined || exampleNorms === undefined) addTo(sums.gradient, gradient, 1);
        else {
          const labels = run.members.map(index => labelWeight(batch[index] as TrainingExample));
          const norms = this.#addClipped(sums.gradient, gradient, labels, perExampleClip);
          for (const [row, index] of run.members.entries()) exampleNorms[index] = norms[row] as number;
        }
      }
      return { sums, ...(exampleNorms && { exampleNorms }) };
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Adds min(1, clip / norm) times each example's mean gradient to `total`, and gives the norms. `apart`: tensor by
   * tensor, [examples, its values], sums over an example's labels; `labels` has the sum of each one's label weights.
   */
  #addClipped(total: Float32Array, apart: Float32Array, labels: readonly number[], clipTo: number): number[] {
    const parts = (row: number) =>
      this.#segments.map(({ offset, rows, columns }) => {
        const size = rows * columns;
        const at = offset * labels.length + row * size;
        return { offset, values: apart.subarray(at, at + size) };
      });
    return labels.map((weight, row) => {
      const mine = parts(row);
      let squares = 0;
      for (const { values } of mine) for (const value of values) squares += value * value;
      const norm = Math.sqrt(squares) / weight;
      if (!Number.isFinite(norm)) throw diverged("norm of an example's gradient", norm);
      const factor = Math.min(1, clipTo / norm) / weight;
      for (const { offset, values } of mine)
        addTo(total.subarray(offset, offset + values.length), values, factor);
      return norm;
    });
  }
}

const diverged = (what: string, value: number): SkeinError =>
  new SkeinError('train/diverged', `The ${what} is ${value}: training has diverged.`);

function emptySums(batch: readonly TrainingExample[], size: number, per: Sums['per']): Sums {
  const sum = (count: (example: TrainingExample) => number): number =>
    batch.reduce((total, example) => total + count(example), 0);
  const labels = sum(labelWeight);
  return {
    gradient: new Float32Array(size),
    weight: per === 'token' ? labels : batch.length,
    loss: 0,
    labelWeight: labels,
    tokens: sum(({ prompt, answer }) => prompt.length + answer.length),
    answerTokens: sum(labelCount),
    per,
  };
}

const resultOf = ({ loss, labelWeight: labels, tokens, answerTokens }: Sums): BatchResult => ({
  loss: loss / labels,
  tokens,
  answerTokens,
});

function addTo(total: Float32Array, more: Float32Array, factor: number): void {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + factor * (more[i] as number);
}

function divide(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / by;
}
