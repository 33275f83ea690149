// The child's side: one open model that answers, evaluates and trains, the urgent before the patient.

import { rm } from 'node:fs/promises';
import { isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../federation/learning/checkpoint.js';
import { answerAll, evaluate } from '../../federation/learning/evaluation.js';
import { requestHash, trainLocally } from '../../federation/learning/localTraining.js';
import type { Adapter, LoadedAdapter, Model, OpenModel } from '../../model/engine/types.js';
import { openSource, readBounded, writeFileAtomic } from '../files.js';
import type { Call, ModelOptions } from './protocol.js';
import { Turns } from './turns.js';

const priorities = { answer: 0, evaluate: 1, train: 2 } as const;
const maxCheckpointBytes = 512 * 1024 * 1024;
const stepsPerCheckpoint = 5;

export interface CallHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

type CallOf<Op extends Call['op']> = Extract<Call, { op: Op }>;

export class ModelHost {
  readonly #open: OpenModel;
  readonly #options: ModelOptions;
  readonly #turns = new Turns();
  readonly #adapters = new Map<number, { readonly adapter: Adapter; loaded: LoadedAdapter | undefined }>();
  #model: Promise<Model> | undefined;

  constructor(open: OpenModel, options: ModelOptions) {
    this.#open = open;
    this.#options = options;
  }

  keep(key: number, adapter: Adapter): void {
    this.#adapters.set(key, { adapter, loaded: undefined });
  }

  forget(key: number): void {
    this.#adapters.get(key)?.loaded?.release();
    this.#adapters.delete(key);
  }

  /** Throws what the engine throws, `cancelled`, and `record/none` or `template/invalid` of the task. */
  async handle(call: Call, hooks: CallHooks): Promise<unknown> {
    const model = await this.#ready();
    hooks.signal.throwIfAborted();
    const turn = <T>(work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> =>
      this.#turns.run(priorities[call.op], work, hooks.signal);
    switch (call.op) {
      case 'answer':
        return this.#answer(model, call, turn, hooks);
      case 'evaluate':
        return this.#evaluate(model, call, turn, hooks);
      case 'train':
        return this.#train(model, call, turn, hooks);
    }
  }

  async #ready(): Promise<Model> {
    const { modelFile, arithmetic, threads } = this.#options;
    this.#model ??= (async () => this.#open(openSource(modelFile), { arithmetic, threads }))();
    try {
      return await this.#model;
    } catch (error) {
      this.#model = undefined;
      throw error;
    }
  }

  async #answer(model: Model, call: CallOf<'answer'>, turn: Turn, { signal }: CallHooks): Promise<unknown> {
    const began = performance.now();
    const adapter = this.#loaded(model, call.adapter);
    const options = { adapter, maxNewTokens: call.maxNewTokens, turn, signal };
    const [answer] = await answerAll(model, call.prompt, [call.text], options);
    return { ...answer, ms: performance.now() - began };
  }

  #evaluate(
    model: Model,
    call: CallOf<'evaluate'>,
    turn: Turn,
    { signal, onProgress }: CallHooks,
  ): Promise<unknown> {
    const count = call.records.length;
    const adapter = this.#loaded(model, call.adapter);
    const report = (done: number): void => onProgress({ done, count });
    return evaluate(model, call.prompt, call.records, { adapter, turn, onProgress: report, signal });
  }

  async #train(
    model: Model,
    call: CallOf<'train'>,
    turn: Turn,
    { signal, onProgress }: CallHooks,
  ): Promise<unknown> {
    const { request, checkpointFile } = call;
    const name = JSON.stringify([model.info, this.#options.arithmetic]);
    const hooks = { turn, onProgress, signal };
    if (checkpointFile === null) return trainLocally(model, name, request, hooks);
    const saving = {
      ...hooks,
      saveEvery: stepsPerCheckpoint,
      save: (checkpoint: Checkpoint) => writeFileAtomic(checkpointFile, encodeCheckpoint(checkpoint), 0o600),
    };
    const resume = await readCheckpoint(checkpointFile, requestHash(request, name));
    if (resume === undefined) return trainLocally(model, name, request, saving);
    try {
      return await trainLocally(model, name, request, { ...saving, resume });
    } catch (error) {
      // Written by a version whose trainer keeps other tensors: the work starts over.
      if (!isSkeinError(error, 'checkpoint/invalid') && !isSkeinError(error, 'adapter/invalid')) throw error;
      await rm(checkpointFile, { force: true });
      return trainLocally(model, name, request, saving);
    }
  }

  #loaded(model: Model, key: number | null): LoadedAdapter | undefined {
    if (key === null) return undefined;
    const entry = this.#adapters.get(key);
    if (entry === undefined)
      throw new SkeinError('internal', 'The worker was asked for an adapter it does not have.');
    entry.loaded ??= model.loadAdapter(entry.adapter);
    return entry.loaded;
  }
}

type Turn = <T>(work: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;

/** Undefined where there is none for this work; a damaged or foreign one is removed. */
async function readCheckpoint(file: string, request: string): Promise<Checkpoint | undefined> {
  try {
    return decodeCheckpoint(await readBounded(file, maxCheckpointBytes), request);
  } catch (error) {
    const { code } = toSkeinError(error);
    if (code === 'io/not-found') return undefined;
    if (code !== 'checkpoint/invalid' && code !== 'io/invalid') throw error;
    await rm(file, { force: true });
    return undefined;
  }
}
