// Greedy generation: one request token by token, or many together in rows of one cache.

import { SkeinError } from '../../core/errors.js';
import { type Inference, prefill } from './inference.js';
import type { KvCache } from './kvCache.js';
import type { Lane } from './lane.js';
import type { GenerateRequest, LoadedAdapter } from './types.js';

/** Rows that are decoded together at most, and positions that their caches hold together. */
const maxRows = 16;
const maxPositions = 8192;

/** The index of the largest value; the first of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

const positionsOf = (request: GenerateRequest): number =>
  request.ids.length + Math.max(0, request.maxTokens - 1);

export async function* generate(
  inference: Inference,
  request: GenerateRequest,
  defaultStop: readonly number[],
): AsyncGenerator<number> {
  const { ids, maxTokens, signal, adapter } = request;
  if (maxTokens < 1) return;
  const stop = request.stop ?? defaultStop;
  const cache = inference.takeCache(positionsOf(request));
  let lane: Lane | undefined;
  try {
    lane = inference.lane(cache, adapter);
    let token = argmax(await prefill(lane, ids, 0, signal));
    for (let made = 1; ; made++) {
      yield token;
      if (made >= maxTokens || stop.includes(token)) return;
      token = argmax(await lane.step({ ids: [token], past: [ids.length + made - 1] }, signal));
    }
  } finally {
    lane?.close();
    inference.giveCache(cache);
  }
}

/** Results in the order of the requests. */
export async function generateBatch(
  inference: Inference,
  requests: readonly GenerateRequest[],
  defaultStop: readonly number[],
  signal?: AbortSignal,
): Promise<number[][]> {
  const results: number[][] = requests.map(() => []);
  for (const request of requests) inference.checkLength(positionsOf(request));
  for (const group of groups(requests)) {
    const made = await decodeTogether(
      inference,
      group.map(index => requests[index] as GenerateRequest),
      defaultStop,
      signal,
    );
    for (const [place, index] of group.entries()) results[index] = made[place] as number[];
  }
  return results;
}

/** Indexes of requests that run together: same adapter, similar length, within the bounds. */
function groups(requests: readonly GenerateRequest[]): number[][] {
  const byAdapter = new Map<LoadedAdapter | undefined, number[]>();
  for (const [index, request] of requests.entries()) {
    if (request.maxTokens < 1) continue;
    const known = byAdapter.get(request.adapter);
    if (known === undefined) byAdapter.set(request.adapter, [index]);
    else known.push(index);
  }
  const out: number[][] = [];
  for (const indexes of byAdapter.values()) {
    const need = (index: number): number => positionsOf(requests[index] as GenerateRequest);
    const sorted = indexes.sort((a, b) => need(a) - need(b));
    let group: number[] = [];
    for (const index of sorted) {
      if (group.length === maxRows || (group.length + 1) * need(index) > maxPositions) {
        if (group.length > 0) out.push(group);
        group = [];
      }
      group.push(index);
    }
    if (group.length > 0) out.push(group);
  }
  return out;
}

interface Row {
  readonly request: GenerateRequest;
  readonly made: number[];
  /** Positions in the cache. */
  length: number;
}

async function decodeTogether(
  inference: Inference,
  requests: readonly GenerateRequest[],
  defaultStop: readonly number[],
  outer?: AbortSignal,
): Promise<number[][]> {
  const signals = [outer, ...requests.map(request => request.signal)].filter(one => one !== undefined);
  const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
  const cache = inference.makeCache(requests.length, Math.max(...requests.map(positionsOf)));
  const rows: Row[] = requests.map(request => ({ request, made: [], length: request.ids.length }));
  try {
    for (const [index, { request, made }] of rows.entries()) {
      made.push(
        await onRows(inference, cache, index, 1, request.adapter, async lane =>
          argmax(await prefill(lane, request.ids, 0, signal)),
        ),
      );
    }
    const active = [...rows];
    compact(cache, active, defaultStop);
    while (active.length > 0) {
      const adapter = active[0]?.request.adapter;
      await onRows(inference, cache, 0, active.length, adapter, lane =>
        decodeUntilOneEnds(inference.config.vocabulary, lane, active, defaultStop, signal),
      );
      compact(cache, active, defaultStop);
    }
    return rows.map(row => row.made);
  } finally {
    cache.close();
  }
}

async function onRows<T>(
  inference: Inference,
  cache: KvCache,
  first: number,
  rows: number,
  adapter: LoadedAdapter | undefined,
  work: (lane: Lane) => Promise<T>,
): Promise<T> {
  const tensors = cache.view(first, rows);
  let lane: Lane | undefined;
  try {
    lane = inference.lane({ tensors, rows }, adapter);
    return await work(lane);
  } finally {
    lane?.close();
    for (const tensor of tensors.flat()) tensor.close();
  }
}

async function decodeUntilOneEnds(
  vocabulary: number,
  lane: Lane,
  active: readonly Row[],
  defaultStop: readonly number[],
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    const ids = active.map(row => row.made.at(-1) as number);
    const logits = await lane.step({ ids, past: active.map(row => row.length) }, signal);
    for (const [index, row] of active.entries()) {
      row.length++;
      row.made.push(argmax(logits.subarray(index * vocabulary, (index + 1) * vocabulary)));
    }
    if (active.some(row => ended(row, defaultStop))) return;
  }
}

const ended = ({ request, made }: Row, defaultStop: readonly number[]): boolean =>
  made.length >= request.maxTokens || (request.stop ?? defaultStop).includes(made.at(-1) as number);

/** Drops the rows that have ended; the last row moves into the place of each. */
function compact(cache: KvCache, active: Row[], defaultStop: readonly number[]): void {
  for (let index = active.length - 1; index >= 0; index--) {
    if (!ended(active[index] as Row, defaultStop)) continue;
    const last = active.pop();
    if (last === undefined) throw new SkeinError('internal', 'No row is left to move.');
    if (index === active.length) continue;
    cache.copyRow(active.length, index, last.length);
    active[index] = last;
  }
}
