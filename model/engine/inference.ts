// The sessions of one model for inference, opened as they are first needed, and the caches that requests run on.

import { SkeinError } from '../../core/errors.js';
import type { Arithmetic, LinearTarget } from '../../proto/messages.js';
import type { DecoderConfig } from '../architecture/config.js';
import { decoderGraph } from '../architecture/decoder.js';
import { type InferenceGraph, lowerInference } from '../lowering/inference.js';
import { sessionOptions } from '../lowering/linear.js';
import type { WeightStore } from '../lowering/weights.js';
import { ResidentAdapter } from './adapters.js';
import { CachePool } from './cachePool.js';
import type { EmbeddingTable } from './embedding.js';
import { KvCache } from './kvCache.js';
import { Lane, type LaneParts } from './lane.js';
import { OpeningSession } from './openingSession.js';
import { Run } from './run.js';
import type { RunQueue } from './runQueue.js';
import type { Counters, RunOptions } from './types.js';

export interface InferenceParts {
  readonly config: DecoderConfig;
  readonly store: WeightStore;
  readonly embedding: EmbeddingTable;
  readonly queue: RunQueue;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  readonly spinning: boolean;
  /** Most positions of a request. */
  readonly capacity: number;
  /** What caches of ended requests may hold. */
  readonly cacheBytes: number;
}

/** Plain: tokens one after the other, logits out. Tree: a bias says what each token sees. Hidden: the final norm's output. */
export type GraphForm = 'plain' | 'tree' | 'hidden';

/** Which adapter a request runs with, and how many times it counts. */
export type AdapterUse = Pick<RunOptions, 'adapter' | 'adapterScale'>;

/** Caches are made in multiples of this many positions, so that the next request can use the one before. */
const capacityStep = 256;

export class Inference {
  readonly config: DecoderConfig;
  readonly #parts: InferenceParts;
  readonly #graphs = new Map<string, InferenceGraph>();
  readonly #sessions = new Map<string, OpeningSession>();
  readonly #pool: CachePool;
  readonly #counters = { prefilled: 0, reused: 0, decoded: 0 };
  #closed = false;

  constructor(parts: InferenceParts) {
    this.config = parts.config;
    this.#parts = parts;
    this.#pool = new CachePool(positions => this.makeCache(1, positions), parts.cacheBytes);
  }

  /** Whoever runs tokens counts them here. */
  get counters(): { -readonly [K in keyof Counters]: number } {
    return this.#counters;
  }

  get capacity(): number {
    return this.#parts.capacity;
  }

  /** A lane over rows of a cache. `engine/closed` for a released adapter; an adapter of another model is refused. */
  lane(
    cache: { tensors: LaneParts['cache']; rows: number },
    use: AdapterUse,
    form: GraphForm = 'plain',
  ): Lane {
    this.#open();
    const resident = this.#resident(use);
    const { config, embedding, queue, spinning: alone } = this.#parts;
    const session = this.#session(resident?.targets ?? [], form);
    const adapter = resident && (() => resident.tensors(use.adapterScale ?? 1));
    const output = form === 'hidden' ? 'hidden' : 'logits';
    const { tensors, rows } = cache;
    return new Lane({ config, embedding, queue, session, cache: tensors, rows, adapter, output, alone });
  }

  /**
   * Begins a request on a cache for `positions`, which holds the beginning of `ids` already where an earlier request with
   * the same adapter had it and it need not be `fresh`. `engine/capacity` where it needs more positions than the model was opened for.
   */
  begin(
    ids: readonly number[],
    positions: number,
    use: AdapterUse,
    { form = 'plain', fresh = false }: { form?: GraphForm; fresh?: boolean } = {},
  ): Run {
    this.#open();
    if (ids.length === 0) throw new SkeinError('engine/capacity', 'A prompt has at least one token.');
    this.checkLength(positions);
    const adapter = this.#resident(use);
    const key = { adapter, scale: adapter === undefined ? 1 : (use.adapterScale ?? 1) };
    const { cache, reused } = this.#pool.take(fresh ? [] : ids, positions, key);
    const give = (seen: readonly number[]): void => {
      if (adapter?.released === true) cache.close();
      else this.#pool.give(cache, seen, key);
    };
    const seen = ids.slice(0, reused);
    try {
      const lane = this.lane(cache, use, form);
      this.#counters.reused += reused;
      return new Run({ lane, seen, counters: this.#counters, onClose: give });
    } catch (error) {
      give(seen);
      throw error;
    }
  }

  /** Begins to open the session for plain requests. */
  warm(): void {
    this.#session([], 'plain');
  }

  /** Drops what was kept for an adapter. */
  forget(adapter: ResidentAdapter): void {
    this.#pool.forget(adapter);
  }

  /** How the graph takes adapters on these targets. */
  graph(targets: readonly LinearTarget[], form: GraphForm = 'plain'): InferenceGraph {
    const key = `${[...targets].sort().join()} ${form}`;
    let graph = this.#graphs.get(key);
    if (graph === undefined) {
      // The rank of an adapter is a size known at run time; the decoder's graph wants some.
      const shape =
        targets.length === 0 ? undefined : ({ mode: 'lora', rank: 1, alpha: 1, targets } as const);
      const { config, store, arithmetic, capacity } = this.#parts;
      graph = lowerInference(decoderGraph(config, shape), config, {
        store,
        arithmetic,
        capacity,
        tree: form === 'tree',
        hidden: form === 'hidden',
      });
      // With packed files that are not made yet it is another one.
      if (store.complete) this.#graphs.set(key, graph);
    }
    return graph;
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
    this.#pool.close();
  }

  #open(): void {
    if (this.#closed) throw new SkeinError('engine/closed', 'The model is closed.');
  }

  #resident({ adapter, adapterScale = 1 }: AdapterUse): ResidentAdapter | undefined {
    if (!Number.isFinite(adapterScale)) {
      throw new SkeinError('engine/request', `adapterScale is ${adapterScale}, and must be a number.`);
    }
    if (adapter === undefined) return undefined;
    if (!(adapter instanceof ResidentAdapter) || adapter.owner !== this) {
      throw new SkeinError('adapter/invalid', 'The adapter was loaded into another model.');
    }
    if (adapter.released) throw new SkeinError('engine/closed', 'The adapter was released.');
    return adapter;
  }

  #session(targets: readonly LinearTarget[], form: GraphForm): OpeningSession {
    const key = `${[...targets].sort().join()} ${form}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const { store, arithmetic, threads, spinning } = this.#parts;
      const opening = store
        .lowered(() => this.graph(targets, form).built)
        .then(built => store.open(built, sessionOptions(arithmetic, threads, spinning)));
      session = new OpeningSession(opening);
      this.#sessions.set(key, session);
      // The next request tries again.
      opening.catch(() => this.#sessions.delete(key));
    }
    return session;
  }
}
