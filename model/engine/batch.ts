// Many requests decoded together in rows of one cache: rows join as soon as there is room, and leave as they end.

import { SkeinError, toSkeinError } from '../../core/errors.js';
import type { AdapterUse, Inference } from './inference.js';
import type { KvCache } from './kvCache.js';
import type { Lane } from './lane.js';
import { Run } from './run.js';
import { Sequence, type TextSide } from './sequence.js';
import type { Batch, Generated, GenerateRequest } from './types.js';

/** Rows that are decoded together at most, and positions that their caches hold together. */
const maxRows = 16;
const maxPositions = 8192;

interface Row {
  readonly request: GenerateRequest;
  readonly sequence: Sequence;
  readonly out: Channel<Generated>;
  /** Its reader has gone. */
  left: boolean;
}

export class RunningBatch implements Batch {
  readonly #inference: Inference;
  readonly #side: TextSide;
  readonly #waiting: Row[] = [];
  readonly #blocks: Block[] = [];
  #pumping = false;

  constructor(inference: Inference, side: TextSide) {
    this.#inference = inference;
    this.#side = side;
  }

  add(request: GenerateRequest): AsyncIterable<Generated> {
    const sequence = new Sequence(request, this.#side);
    this.#inference.checkLength(sequence.positions);
    const out = new Channel<Generated>();
    const row: Row = { request, sequence, out, left: false };
    out.onReturn = () => {
      row.left = true;
    };
    if (sequence.end === undefined) this.#waiting.push(row);
    else out.end();
    void this.#pump();
    return out;
  }

  /** Runs while there is anything to run; whatever goes wrong is told to the rows that it concerns. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    // What is added in the same turn of the event loop joins together.
    await Promise.resolve();
    try {
      while (this.#waiting.length + this.#blocks.length > 0) {
        for (const row of [...this.#waiting]) {
          if (row.left || row.request.signal?.aborted === true) {
            this.#waiting.splice(this.#waiting.indexOf(row), 1);
            row.out.fail(new SkeinError('cancelled', 'The run was cancelled.'));
            continue;
          }
          const block = this.#blockFor(row);
          if (!block.hasRoom(row)) continue;
          this.#waiting.splice(this.#waiting.indexOf(row), 1);
          await block.join(row);
        }
        for (const block of [...this.#blocks]) {
          await block.step();
          if (block.size > 0) continue;
          block.close();
          this.#blocks.splice(this.#blocks.indexOf(block), 1);
        }
      }
    } finally {
      this.#pumping = false;
    }
  }

  #blockFor({ request }: Row): Block {
    const { adapter, adapterScale } = request;
    let block = this.#blocks.find(({ use }) => use.adapter === adapter && use.adapterScale === adapterScale);
    if (block === undefined) {
      block = new Block(this.#inference, request);
      this.#blocks.push(block);
    }
    return block;
  }
}

/** Results in the order of the requests. What goes wrong in one ends all. */
export async function generateBatch(
  inference: Inference,
  side: TextSide,
  requests: readonly GenerateRequest[],
  outer?: AbortSignal,
): Promise<number[][]> {
  const stop = new AbortController();
  const batch = new RunningBatch(inference, side);
  const results = requests.map(async request => {
    const signal = AbortSignal.any([stop.signal, outer, request.signal].filter(one => one !== undefined));
    const made: number[] = [];
    for await (const { id } of batch.add({ ...request, signal })) made.push(id);
    return made;
  });
  try {
    return await Promise.all(results);
  } finally {
    stop.abort();
    await Promise.allSettled(results);
  }
}

/** The rows of one adapter: the first `size` rows of a cache. */
class Block {
  readonly use: AdapterUse;
  readonly #inference: Inference;
  readonly #rows: Row[] = [];
  #cache: KvCache | undefined;
  /** Over all rows that stand now. */
  #lane: { readonly lane: Lane; readonly close: () => void } | undefined;

  constructor(inference: Inference, use: AdapterUse) {
    this.#inference = inference;
    this.use = use;
  }

  get size(): number {
    return this.#rows.length;
  }

  hasRoom({ sequence }: Row): boolean {
    if (this.size === 0) return true;
    const longest = Math.max(this.#cache?.capacity ?? 0, sequence.positions);
    return this.size < maxRows && (this.size + 1) * longest <= maxPositions;
  }

  /** Runs the prompt in a row of its own, after the others. */
  async join(row: Row): Promise<void> {
    const { ids, signal } = row.request;
    try {
      if (ids.length === 0) throw new SkeinError('engine/capacity', 'A prompt has at least one token.');
      this.#grow(this.size + 1, row.sequence.positions);
      this.#drop();
      const { lane, close } = this.#laneOn(this.size, 1);
      const run = new Run({ lane, seen: [], counters: this.#inference.counters, onClose: close });
      try {
        this.#rows.push(row);
        this.#deliver(row, await run.prefill(ids, signal));
      } finally {
        run.close();
      }
    } catch (error) {
      this.#fail(row, error);
    }
    this.#compact();
  }

  /** One more token for every row. */
  async step(): Promise<void> {
    for (const row of this.#rows) {
      if (row.request.signal?.aborted === true)
        this.#fail(row, new SkeinError('cancelled', 'The run was cancelled.'));
    }
    this.#compact();
    if (this.size === 0) return;
    try {
      this.#lane ??= this.#laneOn(0, this.size);
      const ids = this.#rows.map(({ sequence }) => sequence.last);
      const past = this.#rows.map(({ sequence }) => sequence.ids.length - 1);
      const logits = await this.#lane.lane.step({ ids, past });
      this.#inference.counters.decoded += this.size;
      const { vocabulary } = this.#inference.config;
      for (const [index, row] of this.#rows.entries()) {
        this.#deliver(row, logits.subarray(index * vocabulary, (index + 1) * vocabulary));
      }
    } catch (error) {
      for (const row of this.#rows) this.#fail(row, error);
    }
    this.#compact();
  }

  close(): void {
    this.#drop();
    this.#cache?.close();
  }

  #deliver(row: Row, logits: Float32Array): void {
    try {
      row.out.push(row.sequence.take(logits));
      if (row.sequence.end !== undefined) row.out.end();
    } catch (error) {
      this.#fail(row, error);
    }
  }

  #fail(row: Row, error: unknown): void {
    row.out.fail(toSkeinError(error));
    row.left = true;
  }

  /** Drops the rows that have ended; the last row moves into the place of each. */
  #compact(): void {
    for (let index = this.size - 1; index >= 0; index--) {
      const row = this.#rows[index] as Row;
      if (!row.left && row.sequence.end === undefined) continue;
      this.#drop();
      const last = this.#rows.pop() as Row;
      if (last === row) continue;
      this.#cache?.copyRow(this.size, index, last.sequence.ids.length - 1);
      this.#rows[index] = last;
    }
  }

  /** A cache for so many rows of so many positions, with what stands in the old one. */
  #grow(rows: number, positions: number): void {
    const old = this.#cache;
    if (old !== undefined && old.rows >= rows && old.capacity >= positions) return;
    this.#drop();
    const room = Math.min(maxRows, Math.max(rows, 2 * (old?.rows ?? 2)));
    const fresh = this.#inference.makeCache(
      old !== undefined && old.rows >= rows ? old.rows : room,
      Math.max(positions, old?.capacity ?? 0),
    );
    for (const [index, { sequence }] of this.#rows.entries()) {
      if (old !== undefined) fresh.copyFrom(old, sequence.ids.length - 1, index, index);
    }
    old?.close();
    this.#cache = fresh;
  }

  #laneOn(first: number, rows: number): { lane: Lane; close: () => void } {
    const tensors = (this.#cache as KvCache).view(first, rows);
    const close = (): void => {
      for (const tensor of tensors.flat()) tensor.close();
    };
    try {
      const lane = this.#inference.lane({ tensors, rows }, this.use);
      return {
        lane,
        close: () => {
          lane.close();
          close();
        },
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  #drop(): void {
    this.#lane?.close();
    this.#lane = undefined;
  }
}

/** What one side pushes and the other reads, once. */
class Channel<T> implements AsyncIterable<T> {
  onReturn: () => void = () => undefined;
  readonly #items: T[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift() as T;
        if (this.#error !== undefined) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.onReturn();
    }
  }
}
