// The sessions of one model for inference, opened as they are first needed, and the caches that requests run on.

import { SkeinError } from '../../core/errors.js';
import type { Arithmetic, LinearTarget } from '../../proto/messages.js';
import type { DecoderConfig } from '../architecture/config.js';
import { decoderGraph } from '../architecture/decoder.js';
import { type InferenceGraph, lowerInference } from '../lowering/inference.js';
import { sessionOptions } from '../lowering/linear.js';
import type { WeightStore } from '../lowering/weights.js';
import type { Session } from '../runtime/index.js';
import { ResidentAdapter } from './adapters.js';
import type { EmbeddingTable } from './embedding.js';
import { KvCache } from './kvCache.js';
import { Lane, type LaneParts } from './lane.js';
import type { RunQueue } from './runQueue.js';
import type { LoadedAdapter } from './types.js';

export interface InferenceParts {
  readonly config: DecoderConfig;
  readonly store: WeightStore;
  readonly embedding: EmbeddingTable;
  readonly queue: RunQueue;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  /** Most positions of a request. */
  readonly capacity: number;
}

/** Tokens of one run in a prefill: an abort between two of them stops a long prompt. */
export const prefillChunk = 256;
/** Caches are made in multiples of this many positions, so that the next request can use the one before. */
const capacityStep = 256;

export class Inference {
  readonly config: DecoderConfig;
  readonly #parts: InferenceParts;
  readonly #graphs = new Map<string, InferenceGraph>();
  readonly #sessions = new Map<string, Session>();
  /** The cache of the last request that ended. */
  #idle: KvCache | undefined;
  #closed = false;

  constructor(parts: InferenceParts) {
    this.config = parts.config;
    this.#parts = parts;
  }

  get capacity(): number {
    return this.#parts.capacity;
  }

  /** A lane over rows of a cache. `engine/closed` for a released adapter; an adapter of another model is refused. */
  lane(cache: { tensors: LaneParts['cache']; rows: number }, adapter?: LoadedAdapter, tree = false): Lane {
    this.#open();
    const resident = adapter === undefined ? undefined : this.#resident(adapter);
    const { config, embedding, queue } = this.#parts;
    const session = this.#session(resident?.targets ?? [], tree);
    const { tensors, rows } = cache;
    return new Lane({ config, embedding, queue, session, cache: tensors, rows, adapter: resident?.tensors });
  }

  /** How the graph takes adapters on these targets. */
  graph(targets: readonly LinearTarget[], tree = false): InferenceGraph {
    const key = `${[...targets].sort().join()}${tree ? ' tree' : ''}`;
    let graph = this.#graphs.get(key);
    if (graph === undefined) {
      // The rank of an adapter is a size known at run time; the decoder's graph wants some.
      const shape =
        targets.length === 0 ? undefined : ({ mode: 'lora', rank: 1, alpha: 1, targets } as const);
      const { config, store, arithmetic, capacity } = this.#parts;
      graph = lowerInference(decoderGraph(config, shape), config, { store, arithmetic, capacity, tree });
      this.#graphs.set(key, graph);
    }
    return graph;
  }

  /** Runs `work` on a cache of one row for at least so many positions. */
  async withCache<T>(positions: number, work: (cache: KvCache) => Promise<T>): Promise<T> {
    const cache = this.takeCache(positions);
    try {
      return await work(cache);
    } finally {
      this.giveCache(cache);
    }
  }

  /** `engine/capacity` where a request needs more positions than the model was opened for. */
  takeCache(positions: number): KvCache {
    this.#open();
    this.checkLength(positions);
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle !== undefined && idle.capacity >= positions) return idle;
    idle?.close();
    return this.makeCache(1, positions);
  }

  giveCache(cache: KvCache): void {
    if (this.#closed || this.#idle !== undefined) cache.close();
    else this.#idle = cache;
  }

  makeCache(rows: number, positions: number): KvCache {
    const capacity = Math.min(Math.ceil(positions / capacityStep) * capacityStep, this.#parts.capacity);
    return new KvCache(this.config, rows, capacity);
  }

  checkLength(positions: number): void {
    if (positions <= this.#parts.capacity) return;
    const message = `The request needs ${positions} positions; the model was opened for ${this.#parts.capacity}.`;
    throw new SkeinError('engine/capacity', message);
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    this.#idle?.close();
    this.#idle = undefined;
  }

  #open(): void {
    if (this.#closed) throw new SkeinError('engine/closed', 'The model is closed.');
  }

  #resident(adapter: LoadedAdapter): ResidentAdapter {
    if (!(adapter instanceof ResidentAdapter) || adapter.owner !== this) {
      throw new SkeinError('adapter/invalid', 'The adapter was loaded into another model.');
    }
    if (adapter.released) throw new SkeinError('engine/closed', 'The adapter was released.');
    return adapter;
  }

  #session(targets: readonly LinearTarget[], tree: boolean): Session {
    const { built } = this.graph(targets, tree);
    const key = `${[...targets].sort().join()}${tree ? ' tree' : ''}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const { store, arithmetic, threads } = this.#parts;
      session = store.open(built, sessionOptions(arithmetic, threads));
      this.#sessions.set(key, session);
    }
    return session;
  }
}

/** Runs the prompt through the lane, after `past` positions; the logits after its last token. */
export async function prefill(
  lane: Lane,
  ids: readonly number[],
  past: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (ids.length === 0) throw new SkeinError('engine/capacity', 'A prompt has at least one token.');
  let logits: Float32Array = new Float32Array();
  for (let start = 0; start < ids.length; start += prefillChunk) {
    const chunk = ids.slice(start, start + prefillChunk);
    logits = await lane.step({ ids: chunk, past: [past + start] }, signal);
  }
  return logits;
}
