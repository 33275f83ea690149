// What a device learns from its own records alone, kept as a PEFT folder with the prompt it was trained for.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isSkeinError, SkeinError } from '../../core/errors.js';
import type { Adapter } from '../../model/engine/types.js';
import { encodePeft } from '../../model/formats/peft.js';
import { readAdapterFolder, writeAdapterFolder } from '../../platform/adapterFolder.js';
import { readBounded } from '../../platform/files.js';
import type { ModelWorker } from '../../platform/worker/types.js';
import type { AdapterShape, TrainingPlan } from '../../proto/messages.js';
import { labelsSchema, templateSchema } from '../../proto/schemas.js';
import type { RequestHooks, TrainView } from '../answering/requests.js';
import type { Records } from '../records/records.js';

const taskSchema = z.object({ template: templateSchema, labels: labelsSchema });
const taskFile = 'task.json';
const maxTaskBytes = 1024 * 1024;

export interface AloneAdapter {
  readonly template: string;
  readonly labels: readonly string[];
  readonly adapter: Adapter;
}

export interface AloneRequest {
  readonly template: string;
  readonly labels: readonly string[];
  readonly adapter: AdapterShape;
  readonly plan: TrainingPlan;
  /** Of the batch order and of A. */
  readonly seed: number;
}

export class AloneLearning {
  readonly #folder: string;
  readonly #checkpoint: string;
  readonly #records: Records;
  readonly #worker: ModelWorker;
  readonly #modelName: string;
  #loaded: AloneAdapter | undefined;

  /** `modelName` is what PEFT shows as the base model. */
  constructor(options: { dataFolder: string; records: Records; worker: ModelWorker; modelName: string }) {
    this.#folder = path.join(options.dataFolder, 'alone');
    this.#checkpoint = path.join(options.dataFolder, 'alone.ckpt');
    this.#records = options.records;
    this.#worker = options.worker;
    this.#modelName = options.modelName;
  }

  /** Trains a fresh adapter and keeps it in place of the one before. Throws `record/none` and what the worker throws. */
  async train(request: AloneRequest, { signal, onProgress }: RequestHooks): Promise<TrainView> {
    const { template, labels, adapter: shape, plan, seed } = request;
    const records = await this.#records.training();
    if (records.length === 0) throw new SkeinError('record/none', 'The device has no records to learn from.');
    const began = performance.now();
    const trained = await this.#worker.train({
      prompt: { template, labels, maxTokens: plan.maxTokens },
      shape,
      plan,
      records,
      seed,
      adapterSeed: seed,
      start: null,
      checkpointFile: this.#checkpoint,
      onProgress: ({ step, steps, loss }) => onProgress?.({ done: step, count: steps, loss }),
      ...(signal && { signal }),
    });
    const task = `${JSON.stringify({ template, labels })}
`;
    await writeAdapterFolder(this.#folder, encodePeft(trained.adapter, this.#modelName), {
      [taskFile]: task,
    });
    await rm(this.#checkpoint, { force: true });
    this.#loaded = undefined;
    return {
      records: trained.examples,
      steps: trained.steps,
      loss: trained.lastLoss,
      seconds: (performance.now() - began) / 1000,
    };
  }

  /** Undefined where nothing was trained alone. Throws `io/invalid` for a damaged folder. */
  async load(): Promise<AloneAdapter | undefined> {
    if (this.#loaded !== undefined) return this.#loaded;
    try {
      const text = new TextDecoder().decode(await readBounded(this.#taskFile, maxTaskBytes));
      const task = taskSchema.safeParse(JSON.parse(text));
      if (!task.success) throw new SkeinError('io/invalid', `${this.#taskFile} is damaged.`);
      this.#loaded = { ...task.data, adapter: await readAdapterFolder(this.#folder) };
      return this.#loaded;
    } catch (error) {
      if (isSkeinError(error, 'io/not-found')) return undefined;
      throw error;
    }
  }

  get #taskFile(): string {
    return path.join(this.#folder, taskFile);
  }
}
