// The child's side: one open model that answers, evaluates and trains, the urgent before the patient.

import { rm } from 'node:fs/promises';
import { isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import type { TrainingProgress } from '../../federation/learning/batches.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../federation/learning/checkpoint.js';
import { answerAll, evaluate } from '../../federation/learning/evaluation.js';
import { requestHash, trainLocally } from '../../federation/learning/localTraining.js';
import type { Adapter, LoadedAdapter, Model, OpenModel } from '../../model/engine/types.js';
import { readBounded, writeFileAtomic } from '../files.js';
import { openModelFiles } from '../modelFiles.js';
import type { Call, ModelOptions } from './protocol.js';
import { Turns } from './turns.js';
import type { WorkerProgress } from './types.js';

const priorities = { answer: 0, evaluate: 1, train: 2 } as const;
const maxCheckpointBytes = 512 * 1024 * 1024;
const stepsPerCheckpoint = 5;
/** What answering takes beside training: a session, KV caches, what is left of requests. Measured with SmolLM2-135M: 60 MB. */
const answeringBytes = 64e6;

export interface CallHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

interface Kept {
  readonly adapter: Adapter;
  loaded: LoadedAdapter | undefined;
  /** Calls that work with it: it is released after the last. */
  users: number;
}

type CallOf<Op extends Call['op']> = Extract<Call, { op: Op }>;

export class ModelHost {
  readonly #open: OpenModel;
  readonly #options: ModelOptions;
  readonly #turns = new Turns();
  readonly #adapters = new Map<number, Kept>();
  #model: Promise<Model> | undefined;

  constructor(open: OpenModel, options: ModelOptions) {
    this.#open = open;
    this.#options = options;
  }

  keep(key: number, adapter: Adapter): void {
    this.#adapters.set(key, { adapter, loaded: undefined, users: 0 });
  }

  /** At once, or when the last call that works with it has ended. */
  forget(key: number): void {
    const kept = this.#adapters.get(key);
    this.#adapters.delete(key);
    if (kept?.users === 0) kept.loaded?.release();
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
    this.#model ??= (async () => {
      const source = openModelFiles(modelFile);
      try {
        // An agent is one of many programs on its machine, and often of many agents.
        return await this.#open(source, { arithmetic, threads, spinning: false });
      } catch (error) {
        source.close();
        throw error;
      }
    })();
    try {
      return await this.#model;
    } catch (error) {
      this.#model = undefined;
      throw error;
    }
  }

  async #answer(model: Model, call: CallOf<'answer'>, turn: Turn, { signal }: CallHooks): Promise<unknown> {
    const began = performance.now();
    const [answer] = await this.#withAdapter(model, call.adapter, adapter => {
      const options = { adapter, maxNewTokens: call.maxNewTokens, turn, signal };
      return answerAll(model, call.prompt, [call.text], options);
    });
    return { ...answer, ms: performance.now() - began };
  }

  #evaluate(
    model: Model,
    call: CallOf<'evaluate'>,
    turn: Turn,
    { signal, onProgress }: CallHooks,
  ): Promise<unknown> {
    const count = call.records.length;
    const report = (done: number): void => onProgress({ done, count });
    return this.#withAdapter(model, call.adapter, adapter =>
      evaluate(model, call.prompt, call.records, { adapter, turn, onProgress: report, signal }),
    );
  }

  async #train(
    model: Model,
    call: CallOf<'train'>,
    turn: Turn,
    { signal, onProgress }: CallHooks,
  ): Promise<unknown> {
    const { request, checkpointFile } = call;
    const { arithmetic, memoryBytes } = this.#options;
    const name = JSON.stringify([model.info, arithmetic, memoryBytes]);
    const measured = measuring(onProgress);
    const memory = memoryBytes && {
      memory: { budgetBytes: memoryBytes, reservedBytes: answeringBytes },
    };
    const hooks = { turn, onProgress: measured, signal, ...memory };
    if (checkpointFile === null) return trainLocally(model, name, request, hooks);
    const saving = {
      ...hooks,
      saveEvery: stepsPerCheckpoint,
      save: (checkpoint: Checkpoint) => keep(checkpointFile, checkpoint, onProgress),
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

  async #withAdapter<T>(
    model: Model,
    key: number | null,
    work: (adapter: LoadedAdapter | undefined) => Promise<T>,
  ): Promise<T> {
    if (key === null) return work(undefined);
    const kept = this.#adapters.get(key);
    if (kept === undefined)
      throw new SkeinError('internal', 'The worker was asked for an adapter it does not have.');
    kept.loaded ??= model.loadAdapter(kept.adapter);
    kept.users += 1;
    try {
      return await work(kept.loaded);
    } finally {
      kept.users -= 1;
      if (kept.users === 0 && this.#adapters.get(key) !== kept) kept.loaded.release();
    }
  }
}

/** Adds the speed since now, and the memory. */
function measuring(onProgress: (progress: WorkerProgress) => void): (progress: TrainingProgress) => void {
  const began = performance.now();
  let tokens = 0;
  return progress => {
    tokens += progress.tokens;
    const tokensPerSecond = (1000 * tokens) / (performance.now() - began);
    onProgress({ ...progress, tokensPerSecond, residentBytes: process.memoryUsage.rss() });
  };
}

type Turn = <T>(work: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;

/** Where the disk does not take it, the work goes on: it would only begin earlier again after a crash. */
async function keep(
  file: string,
  checkpoint: Checkpoint,
  onProgress: CallHooks['onProgress'],
): Promise<void> {
  try {
    await writeFileAtomic(file, encodeCheckpoint(checkpoint), 0o600);
  } catch (error) {
    const { code } = toSkeinError(error);
    if (!code.startsWith('io/')) throw error;
    onProgress({ unsaved: code });
  }
}

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
