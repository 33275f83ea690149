// A device's training by a plan: the same adapter bit by bit, however often it is interrupted and taken up again.

import { sha256Hex } from '../../core/bytes.js';
import type { Adapter, Model, Trainer, TrainingExample } from '../../model/engine/types.js';
import type { AdapterShape, TrainingPlan } from '../../proto/messages.js';
import type { Checkpoint } from './checkpoint.js';
import { inContentOrder, type LabelledText, recordHash, trainingExamples } from './examples.js';
import { batchSchedule } from './schedule.js';
import type { PromptTemplate } from './template.js';

/** All that the result depends on, besides the model. */
export interface LocalTrainingRequest {
  readonly prompt: PromptTemplate;
  readonly shape: AdapterShape;
  readonly plan: TrainingPlan;
  readonly records: readonly LabelledText[];
  /** Batch order. Public. */
  readonly seed: number;
  /** Null: a fresh adapter drawn by `adapterSeed`. */
  readonly start: Adapter | null;
  readonly adapterSeed: number;
}

export interface LocalTrainingResult {
  readonly adapter: Adapter;
  readonly examples: number;
  readonly steps: number;
  readonly lastLoss: number;
}

export interface LocalTrainingHooks {
  /** A checkpoint of this request, to go on from. */
  readonly resume?: Checkpoint;
  /** Called after every `saveEvery` steps, not after the last. */
  readonly save?: (checkpoint: Checkpoint) => Promise<void>;
  readonly saveEvery?: number;
  readonly onProgress?: (progress: { step: number; steps: number; loss: number }) => void;
  /** Runs one step; may abort it by the signal that it gives, and run it again later. Default: runs it once. */
  readonly turn?: <T>(work: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal;
}

/** SHA-256 (hex) over everything that the result depends on; `model` names the model and its arithmetic. */
export function requestHash(request: LocalTrainingRequest, model: string): string {
  const { start, records, ...rest } = request;
  return sha256Hex(
    JSON.stringify([
      model,
      sorted(rest),
      inContentOrder(records).map(recordHash),
      start === null ? '' : adapterHash(start),
    ]),
  );
}

/** SHA-256 (hex) of an adapter's shape, names and values. */
export function adapterHash(adapter: Adapter): string {
  const parts: (Uint8Array | string)[] = [JSON.stringify(sorted(adapter.shape))];
  for (const { name, shape, values } of adapter.tensors) {
    parts.push(
      JSON.stringify([name, shape]),
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }
  return sha256Hex(...parts);
}

/**
 * Trains by the plan. An aborted step leaves nothing behind: it is redone from the state before it.
 * Throws `record/none`, `template/invalid`, `adapter/invalid`, and `cancelled` or the signal's reason.
 */
export async function trainLocally(
  model: Model,
  modelName: string,
  request: LocalTrainingRequest,
  hooks: LocalTrainingHooks = {},
): Promise<LocalTrainingResult> {
  const { plan } = request;
  const examples = trainingExamples(model.tokenizer, request.prompt, request.records);
  const schedule = batchSchedule(examples.length, plan, request.seed);
  const hash = requestHash(request, modelName);
  const trainer = await model.trainer(
    {
      shape: request.shape,
      learningRate: plan.learningRate,
      weightDecay: plan.weightDecay,
      clipNorm: plan.clipNorm,
    },
    request.start ?? { seed: request.adapterSeed },
  );
  try {
    let lastLoss = hooks.resume?.lastLoss ?? 0;
    if (hooks.resume !== undefined) trainer.restore(hooks.resume.state);
    const saveEvery = hooks.saveEvery ?? 10;
    for (let step = trainer.state().step; step < schedule.length; ) {
      hooks.signal?.throwIfAborted();
      const batch = (schedule[step] ?? []).map(index => examples[index] as TrainingExample);
      lastLoss = await runStep(trainer, batch, hooks);
      step += 1;
      hooks.onProgress?.({ step, steps: schedule.length, loss: lastLoss });
      if (hooks.save !== undefined && step % saveEvery === 0 && step < schedule.length) {
        await hooks.save({ request: hash, lastLoss, state: trainer.state() });
      }
    }
    return { adapter: trainer.adapter(), examples: examples.length, steps: schedule.length, lastLoss };
  } finally {
    trainer.close();
  }
}

async function runStep(
  trainer: Trainer,
  batch: readonly TrainingExample[],
  hooks: LocalTrainingHooks,
): Promise<number> {
  const turn = hooks.turn ?? (work => work(hooks.signal));
  const { loss } = await turn(signal => trainer.step(batch, { ...(signal && { signal }) }));
  return loss;
}

/** Keys in order, so that equal values have equal JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
