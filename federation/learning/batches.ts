// The loop of every training: batch after batch, with progress, checkpoints and turns.

import type { StepResult, Trainer, TrainingExample } from '../../model/engine/types.js';
import type { Checkpoint } from './checkpoint.js';

export interface BatchWork {
  readonly examples: readonly TrainingExample[];
  /** Indexes of the examples of every step. */
  readonly batches: readonly (readonly number[])[];
  /** SHA-256 (hex) of all that the result depends on. */
  readonly request: string;
}

export interface TrainingProgress {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** Of this step's batch, before the step. */
  readonly loss: number;
  readonly learningRate: number;
  /** Of this step's batch. */
  readonly tokens: number;
}

export interface BatchHooks {
  /** A checkpoint of this work, to go on from. */
  readonly resume?: Checkpoint;
  /** Called after every `saveEvery` steps, not after the last. */
  readonly save?: (checkpoint: Checkpoint) => Promise<void>;
  /** Default 10. */
  readonly saveEvery?: number;
  /** Calls `save` also where the signal stops the work. */
  readonly saveAtStop?: boolean;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Runs one step; may abort it by the signal that it gives, and run it again later. Default: runs it once. */
  readonly turn?: <T>(work: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal;
}

/**
 * Takes one optimiser step a batch. An aborted step leaves nothing behind: the trainer stands where the step before left
 * it. Throws what the trainer throws, and the signal's reason.
 */
export async function trainBatches(
  trainer: Trainer,
  { examples, batches, request }: BatchWork,
  hooks: BatchHooks = {},
): Promise<{ lastLoss: number; losses: Float32Array }> {
  const { resume, save, saveEvery = 10, saveAtStop = false, signal } = hooks;
  if (resume !== undefined) trainer.restore(resume.state);
  const losses = new Float32Array(batches.length);
  losses.set((resume?.losses ?? new Float32Array()).subarray(0, batches.length));
  let lastLoss = resume?.lastLoss ?? 0;
  let step = resume?.state.step ?? 0;
  let saved = step;
  const keep = async (): Promise<void> => {
    await save?.({ request, lastLoss, losses: losses.slice(0, step), state: trainer.state() });
    saved = step;
  };
  try {
    while (step < batches.length) {
      signal?.throwIfAborted();
      const batch = (batches[step] ?? []).map(index => examples[index] as TrainingExample);
      const { loss, learningRate, tokens } = await runStep(trainer, batch, hooks);
      losses[step] = loss;
      lastLoss = loss;
      step += 1;
      hooks.onProgress?.({ step, steps: batches.length, loss, learningRate, tokens });
      if (step % saveEvery === 0 && step < batches.length) await keep();
    }
  } catch (error) {
    if (saveAtStop && signal?.aborted === true && step > saved) await keep();
    throw error;
  }
  return { lastLoss, losses };
}

function runStep(
  trainer: Trainer,
  batch: readonly TrainingExample[],
  hooks: BatchHooks,
): Promise<StepResult> {
  const turn = hooks.turn ?? (work => work(hooks.signal));
  return turn(signal => trainer.step(batch, { ...(signal && { signal }) }));
}
