// An open model: its files, its tokenizer, one set of weights for answering and learning.

import { SkeinError } from '../../core/errors.js';
import { type DecoderConfig, readConfig } from '../architecture/config.js';
import { type ModelFiles, readModel } from '../formats/files.js';
import { metadataOf } from '../formats/ggufMetadata.js';
import type { WeightSource } from '../formats/source.js';
import { WeightStore } from '../lowering/weights.js';
import { tokenizerOf } from '../text/tokenizerOf.js';
import { checkShape, ResidentAdapter } from './adapters.js';
import { generateBatch, RunningBatch } from './batch.js';
import { Grammars } from './constraints/grammar.js';
import { embed } from './embed.js';
import { EmbeddingTable } from './embedding.js';
import { complete, generate, stream } from './generate.js';
import { Inference } from './inference.js';
import { planTraining } from './memoryPlan.js';
import { RunQueue } from './runQueue.js';
import { score, scoreBatch } from './score.js';
import type { TextSide } from './sequence.js';
import { SpareSession } from './spareSession.js';
import { createTrainer, type TrainerParts } from './trainer.js';
import type {
  Adapter,
  Batch,
  Completion,
  Counters,
  EmbedOptions,
  Generated,
  GenerateRequest,
  LoadedAdapter,
  MemoryPlan,
  Model,
  ModelInfo,
  OpenOptions,
  RunOptions,
  ScoreRequest,
  Tokenizer,
  Trainer,
  TrainerOptions,
  TrainingExample,
} from './types.js';

const defaultCapacity = 2048;
const defaultCacheBytes = 48 * 1024 * 1024;

class OpenedModel implements Model {
  readonly info: ModelInfo;
  readonly tokenizer: Tokenizer;
  readonly chatTemplate: string | undefined;
  readonly #inference: Inference;
  readonly #parts: TrainerParts;
  readonly #side: TextSide;
  readonly #onClose: (() => void) | undefined;
  readonly #adapters = new Set<ResidentAdapter>();
  readonly #trainers = new Set<Trainer>();
  #closed = false;

  constructor(
    source: WeightSource,
    config: DecoderConfig,
    options: OpenOptions,
    parts: TrainerParts,
    inference: Inference,
  ) {
    const { hidden, feedForward, heads, kvHeads, headSize, vocabulary, contextLength, architecture } = config;
    this.info = {
      architecture,
      layers: config.layers.length,
      hidden,
      feedForward,
      heads,
      kvHeads,
      headSize,
      vocabulary,
      contextLength,
    };
    this.tokenizer = tokenizerOf(source);
    this.#onClose = options.onClose;
    this.#side = { tokenizer: this.tokenizer, grammars: new Grammars(this.tokenizer, vocabulary) };
    this.chatTemplate = metadataOf(source, 'tokenizer.chat_template', 'string');
    this.#parts = parts;
    this.#inference = inference;
  }

  loadAdapter(adapter: Adapter): LoadedAdapter {
    this.#open();
    const groups = this.#inference.graph(adapter.shape.targets).adapters;
    const resident = new ResidentAdapter(this.#inference, this.#inference.config, adapter, groups, gone => {
      this.#adapters.delete(gone);
      this.#inference.forget(gone);
    });
    this.#adapters.add(resident);
    return resident;
  }

  get counters(): Counters {
    return { ...this.#inference.counters };
  }

  async logits(ids: readonly number[], options: RunOptions = {}): Promise<Float32Array> {
    // Nothing is reused, so that the same tokens give the same logits to the last bit.
    const run = this.#inference.begin(ids, ids.length, options, { fresh: true });
    try {
      return (await run.prefill(ids, options.signal)).slice();
    } finally {
      run.close();
    }
  }

  async allLogits(ids: readonly number[], options: RunOptions = {}): Promise<Float32Array> {
    const run = this.#inference.begin(ids, ids.length, options, { fresh: true });
    const all = new Float32Array(ids.length * this.info.vocabulary);
    let at = 0;
    try {
      const every = (chunk: readonly number[], past: number) => ({
        ids: chunk,
        past: [past],
        labels: [...chunk.keys()],
      });
      await run.prefill(ids, options.signal, every, logits => {
        all.set(logits, at);
        at += logits.length;
      });
      return all;
    } finally {
      run.close();
    }
  }

  generate(request: GenerateRequest): AsyncIterable<number> {
    return generate(this.#inference, this.#side, request);
  }

  stream(request: GenerateRequest): AsyncIterable<Generated> {
    return stream(this.#inference, this.#side, request);
  }

  complete(request: GenerateRequest): Promise<Completion> {
    return complete(this.#inference, this.#side, request);
  }

  generateBatch(requests: readonly GenerateRequest[], signal?: AbortSignal): Promise<number[][]> {
    return generateBatch(this.#inference, this.#side, requests, signal);
  }

  batch(): Batch {
    this.#open();
    return new RunningBatch(this.#inference, this.#side);
  }

  embed(ids: readonly number[], options?: EmbedOptions): Promise<Float32Array> {
    return embed(this.#inference, ids, options);
  }

  score(request: ScoreRequest): Promise<Float64Array> {
    return score(this.#inference, request);
  }

  scoreBatch(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<Float64Array[]> {
    return scoreBatch(this.#inference, requests, signal);
  }

  planTraining(
    options: TrainerOptions,
    examples: readonly TrainingExample[],
    { budgetBytes, reservedBytes = 0 }: { readonly budgetBytes: number; readonly reservedBytes?: number },
  ): MemoryPlan {
    const { config, arithmetic } = this.#parts;
    checkShape(options.shape);
    return planTraining({ config, arithmetic, options }, examples, budgetBytes, reservedBytes);
  }

  async trainer(options: TrainerOptions, start: Adapter | { readonly seed: number }): Promise<Trainer> {
    this.#open();
    const trainer = createTrainer(this.#parts, options, start, () => this.#trainers.delete(trainer));
    this.#trainers.add(trainer);
    try {
      await trainer.ready();
      return trainer;
    } catch (error) {
      trainer.close();
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const adapter of this.#adapters) adapter.release();
    for (const trainer of this.#trainers) trainer.close();
    this.#inference.close();
    this.#parts.spare.close();
    this.#parts.store.close();
    this.#onClose?.();
  }

  #open(): void {
    if (this.#closed) throw new SkeinError('engine/closed', 'The model is closed.');
  }
}

const maxThreads = 1024;
/** Farther than any model sees, and little enough for tables of every position. */
const maxCapacity = 1 << 20;

function checkOptions({ threads = 1, capacity = 1, cacheBytes = 0 }: OpenOptions): void {
  const problems = [
    (Number.isInteger(threads) && threads >= 1 && threads <= maxThreads) ||
      `threads is ${threads}, and must be a whole number from 1 to ${maxThreads}.`,
    (Number.isInteger(capacity) && capacity >= 1 && capacity <= maxCapacity) ||
      `capacity is ${capacity}, and must be a whole number from 1 to ${maxCapacity}.`,
    cacheBytes >= 0 || `cacheBytes is ${cacheBytes}, and must not be below 0.`,
  ];
  const problem = problems.find(one => one !== true);
  if (problem !== undefined) throw new SkeinError('engine/request', String(problem));
}

/**
 * Opens a GGUF file or a Hugging Face folder. Its bytes are read as they are needed: it stays open as long as the model.
 * Throws `engine/request` for options that cannot be, and what `readModel`, `readConfig` and `tokenizerOf` throw.
 */
export async function openModel(files: ModelFiles, options: OpenOptions): Promise<Model> {
  options.signal?.throwIfAborted();
  checkOptions(options);
  const source = readModel(files);
  const config = readConfig(source);
  const parts = {
    config,
    store: new WeightStore(source, files.packed),
    embedding: new EmbeddingTable(source, config),
    queue: new RunQueue(),
    spare: new SpareSession(),
    arithmetic: options.arithmetic,
    threads: options.threads ?? 1,
    spinning: options.spinning ?? true,
  };
  const capacity = Math.min(options.capacity ?? defaultCapacity, config.contextLength);
  const inference = new Inference({
    ...parts,
    capacity,
    cacheBytes: options.cacheBytes ?? defaultCacheBytes,
  });
  try {
    if (options.warm === true) {
      inference.warm();
      // The tokenizer is read here while another thread opens the session.
      await new Promise(resolve => setImmediate(resolve));
      options.signal?.throwIfAborted();
    }
    return new OpenedModel(source, config, options, parts, inference);
  } catch (error) {
    inference.close();
    parts.store.close();
    throw error;
  }
}
