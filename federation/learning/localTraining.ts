// A device's training by a plan: the same adapter bit by bit, however often it is interrupted and taken up again.

import { sha256Hex } from '../../core/bytes.js';
import type { Adapter, MemoryPlan, Model, TrainerOptions } from '../../model/engine/types.js';
import type { AdapterShape, TrainingPlan } from '../../proto/messages.js';
import { type BatchHooks, trainBatches } from './batches.js';
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

export interface LocalTrainingHooks extends BatchHooks {
  /** What the process may take at its highest; runs are then made small enough. Default: any. */
  readonly memory?: { readonly budgetBytes: number; readonly reservedBytes?: number };
  readonly onPlan?: (plan: MemoryPlan) => void;
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
 * Throws `record/none`, `template/invalid`, `adapter/invalid`, `train/memory`, `train/diverged`, and `cancelled` or the signal's reason.
 */
export async function trainLocally(
  model: Model,
  modelName: string,
  request: LocalTrainingRequest,
  hooks: LocalTrainingHooks = {},
): Promise<LocalTrainingResult> {
  const { plan } = request;
  const examples = trainingExamples(model.tokenizer, request.prompt, request.records);
  const batches = batchSchedule(examples.length, plan, request.seed);
  const hash = requestHash(request, modelName);
  const options: TrainerOptions = {
    shape: request.shape,
    learningRate: plan.learningRate,
    weightDecay: plan.weightDecay,
    clipNorm: plan.clipNorm,
  };
  const memory = hooks.memory && model.planTraining(options, examples, hooks.memory);
  if (memory !== undefined) hooks.onPlan?.(memory);
  const trainer = await model.trainer(
    { ...options, ...(memory && { memory }) },
    request.start ?? { seed: request.adapterSeed },
  );
  try {
    const { lastLoss } = await trainBatches(trainer, { examples, batches, request: hash }, hooks);
    return { adapter: trainer.adapter(), examples: examples.length, steps: batches.length, lastLoss };
  } finally {
    trainer.close();
  }
}

/** Keys in order, so that equal values have equal JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
