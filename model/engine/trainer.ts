// Trains an adapter on an open model: packs batches, runs the training graph, sums gradients, steps AdamW.

import { SkeinError } from '../../core/errors.js';
import type { Arithmetic, NamedTensor } from '../../proto/messages.js';
import type { DecoderConfig } from '../architecture/config.js';
import { decoderGraph } from '../architecture/decoder.js';
import { sessionOptions } from '../lowering/linear.js';
import { gradientName, lowerTraining, parameterName, trainingNames } from '../lowering/training.js';
import type { WeightStore } from '../lowering/weights.js';
import { type Binding, type Session, Tensor } from '../runtime/index.js';
import { checkAdapter } from './adapters.js';
import type { EmbeddingTable } from './embedding.js';
import { adamStep, clip } from './optimizer.js';
import type { RunQueue } from './runQueue.js';
import type { SpareSession } from './spareSession.js';
import { causalMask, type PackedRun, packRuns } from './trainerBatch.js';
import { AdapterLayout, freshAdapter } from './trainerWeights.js';
import type { Adapter, StepResult, Trainer, TrainerOptions, TrainerState, TrainingExample } from './types.js';

/** What the open model lends to its trainers. */
export interface TrainerParts {
  readonly config: DecoderConfig;
  readonly store: WeightStore;
  readonly embedding: EmbeddingTable;
  /** Answering and training take turns. */
  readonly queue: RunQueue;
  readonly spare: SpareSession;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
}

const defaultMaxTokens = 512;

/** Throws `adapter/invalid` where `start` is not an adapter of this shape for this model. */
export function createTrainer(
  parts: TrainerParts,
  options: TrainerOptions,
  start: Adapter | { readonly seed: number },
): Trainer {
  const { config, store, arithmetic, threads } = parts;
  const { shape } = options;
  const tensors = 'seed' in start ? freshAdapter(config, shape, start.seed) : start.tensors;
  const given = checkAdapter(config, { shape, tensors });
  const layout = new AdapterLayout(config, shape);
  const weights = new Float32Array(layout.size);
  layout.pack([...given.values()], weights);
  const maxTokens = Math.min(options.maxTokensPerRun ?? defaultMaxTokens, config.contextLength);
  const key = JSON.stringify([shape, maxTokens]);
  const session = parts.spare.take(key, () => {
    const built = lowerTraining(decoderGraph(config, shape), store, arithmetic, maxTokens);
    return store.open(built, sessionOptions(arithmetic, threads));
  });
  const give = (): void => parts.spare.give(key, session);
  return new SessionTrainer(
    parts,
    { ...options, maxTokensPerRun: maxTokens },
    layout,
    weights,
    session,
    give,
  );
}

interface Gradients {
  readonly loss: number;
  /** Mean over the answer tokens, over the trained part of the layout. */
  readonly mean: Float32Array;
  readonly answerTokens: number;
}

class SessionTrainer implements Trainer {
  readonly #parts: TrainerParts;
  readonly #options: TrainerOptions & { readonly maxTokensPerRun: number };
  readonly #layout: AdapterLayout;
  readonly #session: Session;
  readonly #giveSession: () => void;
  readonly #binding: Binding;
  readonly #loss = Tensor.zeros('float32', []);
  readonly #weights: Float32Array;
  /** What a run writes. */
  readonly #gradient: Float32Array;
  readonly #moments: { readonly first: Float32Array; readonly second: Float32Array };
  readonly #tensors: Tensor[] = [];
  #step = 0;
  #busy = false;
  #closed = false;

  constructor(
    parts: TrainerParts,
    options: TrainerOptions & { readonly maxTokensPerRun: number },
    layout: AdapterLayout,
    weights: Float32Array,
    session: Session,
    giveSession: () => void,
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#layout = layout;
    this.#session = session;
    this.#giveSession = giveSession;
    this.#weights = weights;
    this.#gradient = new Float32Array(layout.trainedSize);
    this.#moments = {
      first: new Float32Array(layout.trainedSize),
      second: new Float32Array(layout.trainedSize),
    };
    const inputs: Record<string, Tensor> = {};
    const outputs: Record<string, Tensor> = { [trainingNames.loss]: this.#loss };
    for (const tensor of layout.tensors) {
      const { offset, size } = tensor;
      const on = (flat: Float32Array): Tensor => {
        const view = new Tensor('float32', flat.subarray(offset, offset + size), tensor.shape);
        this.#tensors.push(view);
        return view;
      };
      inputs[parameterName(tensor)] = on(weights);
      if (offset < layout.trainedSize) outputs[gradientName(tensor)] = on(this.#gradient);
    }
    this.#binding = session.bind({ inputs, outputs });
  }

  async step(batch: readonly TrainingExample[], signal?: AbortSignal): Promise<StepResult> {
    const { loss, mean, answerTokens } = await this.#differentiate(batch, signal);
    const gradientNorm = clip(mean, this.#options.clipNorm);
    const { learningRate, weightDecay, betas = [0.9, 0.999], epsilon = 1e-8 } = this.#options;
    this.#step += 1;
    const trained = this.#weights.subarray(0, this.#layout.trainedSize);
    adamStep(trained, mean, this.#moments, this.#step, { learningRate, weightDecay, betas, epsilon });
    const tokens = batch.reduce((sum, { prompt, answer }) => sum + prompt.length + answer.length, 0);
    return { loss, tokens, answerTokens, gradientNorm };
  }

  async gradients(
    batch: readonly TrainingExample[],
    signal?: AbortSignal,
  ): Promise<{ loss: number; gradients: NamedTensor[] }> {
    const { loss, mean } = await this.#differentiate(batch, signal);
    return { loss, gradients: this.#layout.unpack(mean) };
  }

  adapter(): Adapter {
    return { shape: this.#options.shape, tensors: this.#layout.unpack(this.#weights) };
  }

  state(): TrainerState {
    const { first, second } = this.#moments;
    return {
      step: this.#step,
      weights: this.#layout.unpack(this.#weights),
      firstMoments: this.#layout.unpack(first),
      secondMoments: this.#layout.unpack(second),
    };
  }

  /** `checkpoint/invalid`, with nothing changed, where the state is of another adapter shape. */
  restore(state: TrainerState): void {
    if (this.#busy) throw new SkeinError('engine/busy', 'The trainer is in the middle of a step.');
    const { first, second } = this.#moments;
    const parts = [
      [state.weights, this.#weights],
      [state.firstMoments, first],
      [state.secondMoments, second],
    ] as const;
    const packed = parts.map(([named, flat]) => {
      const copy = new Float32Array(flat.length);
      return this.#layout.pack(named, copy) ? copy : undefined;
    });
    if (packed.includes(undefined) || !Number.isSafeInteger(state.step) || state.step < 0) {
      throw new SkeinError('checkpoint/invalid', 'The trainer state is of another adapter.');
    }
    for (const [index, [, flat]] of parts.entries()) flat.set(packed[index] as Float32Array);
    this.#step = state.step;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#binding.close();
    this.#giveSession();
    for (const tensor of [...this.#tensors, this.#loss]) tensor.close();
  }

  async #differentiate(batch: readonly TrainingExample[], signal?: AbortSignal): Promise<Gradients> {
    if (this.#closed) throw new SkeinError('engine/closed', 'The trainer is closed.');
    if (this.#busy) throw new SkeinError('engine/busy', 'The trainer is in the middle of a step.');
    if (batch.length === 0) throw new SkeinError('record/none', 'The batch has no examples.');
    const runs = packRuns(batch, this.#options.maxTokensPerRun, this.#parts.config.vocabulary);
    this.#busy = true;
    try {
      const total = new Float32Array(this.#gradient.length);
      let loss = 0;
      let answerTokens = 0;
      for (const run of runs) {
        await this.#parts.queue.run(() => this.#run(run, signal), signal);
        for (let i = 0; i < total.length; i++)
          total[i] = (total[i] as number) + (this.#gradient[i] as number);
        loss += this.#loss.data[0] as number;
        answerTokens += run.targets.length;
      }
      return { loss: loss / answerTokens, mean: total.map(value => value / answerTokens), answerTokens };
    } finally {
      this.#busy = false;
    }
  }

  async #run(run: PackedRun, signal: AbortSignal | undefined): Promise<void> {
    const { hidden } = this.#parts.config;
    const { examples, length, ids, slots, filled, places, labels, targets } = run;
    const rows = new Float32Array(ids.length * hidden);
    this.#parts.embedding.write(ids, rows);
    const inputs = {
      rows: new Tensor('float32', rows, [ids.length, hidden]),
      slots: new Tensor('int64', slots, [examples, length]),
      filled: new Tensor('float32', filled, [examples, length, 1]),
      places: new Tensor('int64', places, [places.length]),
      mask: new Tensor('float32', causalMask(length), [length, length]),
      labels: new Tensor('int64', labels, [labels.length, 1]),
      targets: new Tensor('int64', targets, [targets.length, 1]),
    };
    try {
      for (const [name, tensor] of Object.entries(inputs)) this.#binding.input(name, tensor);
      await this.#session.run(this.#binding, signal);
    } finally {
      for (const tensor of Object.values(inputs)) tensor.close();
    }
  }
}
