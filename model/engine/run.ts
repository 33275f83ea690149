// One request on a cache of its own: the prompt from where an earlier request left off, then token by token.

import type { Lane, Step } from './lane.js';
import type { Counters } from './types.js';

/** Tokens of one run in a prefill: an abort between two of them stops a long prompt. Twice as many take 14 MB more. */
export const prefillChunk = 128;

export interface RunParts {
  readonly lane: Lane;
  /** Tokens whose positions the cache holds. */
  readonly seen: readonly number[];
  /** Counts what is run. */
  readonly counters: { -readonly [K in keyof Counters]: number };
  readonly onClose: (seen: readonly number[]) => void;
}

export class Run {
  readonly #parts: RunParts;
  readonly #seen: number[];

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#seen = [...parts.seen];
  }

  /** Runs what the cache lacks of the prompt; the logits after its last token, which stand until the next run. */
  async prefill(
    ids: readonly number[],
    signal?: AbortSignal,
    form: (chunk: readonly number[], past: number) => Step = plainStep,
    onChunk?: (output: Float32Array) => void,
  ): Promise<Float32Array> {
    let logits: Float32Array = new Float32Array();
    while (this.#seen.length < ids.length) {
      const past = this.#seen.length;
      const chunk = ids.slice(past, past + prefillChunk);
      logits = await this.step(form(chunk, past), signal);
      onChunk?.(logits);
      this.#seen.push(...chunk);
      this.#parts.counters.prefilled += chunk.length;
    }
    return logits;
  }

  /** Runs one more token: the logits after it. */
  async next(id: number, signal?: AbortSignal): Promise<Float32Array> {
    const logits = await this.step(plainStep([id], this.#seen.length), signal);
    this.#seen.push(id);
    this.#parts.counters.decoded++;
    return logits;
  }

  /** A step as it is, whose tokens the cache forgets: a step after it overwrites them. */
  step(step: Step, signal?: AbortSignal): Promise<Float32Array> {
    return this.#parts.lane.step(step, signal);
  }

  close(): void {
    this.#parts.lane.close();
    this.#parts.onClose(this.#seen);
  }
}

const plainStep = (ids: readonly number[], past: number): Step => ({ ids, past: [past] });
