// One request's life, apart from where its logits come from: picks tokens, makes text of them, and knows when it ends.

import { SkeinError } from '../../core/errors.js';
import { createSampler, type Sampler } from './sampling.js';
import { stopTexts } from './stopTexts.js';
import type { Ending, Generated, GenerateRequest, Tokenizer } from './types.js';

export class Sequence {
  /** The prompt and everything made. */
  readonly ids: number[];
  readonly #request: GenerateRequest;
  readonly #stop: readonly number[];
  readonly #sampler: Sampler;
  readonly #text: ReturnType<Tokenizer['stream']>;
  readonly #gate: ReturnType<typeof stopTexts>;
  #end: Ending | undefined;

  /** Throws `engine/request` for settings that cannot be. */
  constructor(request: GenerateRequest, tokenizer: Tokenizer) {
    const { maxTokens, ids } = request;
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
      throw new SkeinError('engine/request', `maxTokens is ${maxTokens}, and must be a whole number.`);
    }
    this.#request = request;
    this.ids = [...ids];
    this.#stop = request.stop ?? [tokenizer.eos];
    this.#sampler = createSampler(request.sampling);
    this.#text = tokenizer.stream();
    this.#gate = stopTexts(request.stopTexts ?? []);
    if (maxTokens === 0) this.#end = 'length';
  }

  /** Why it ended; undefined while it goes on. */
  get end(): Ending | undefined {
    return this.#end;
  }

  get last(): number {
    return this.ids.at(-1) as number;
  }

  /** Positions that it needs in a cache at most: its last token is never run. */
  get positions(): number {
    return this.#request.ids.length + Math.max(0, this.#request.maxTokens - 1);
  }

  /** The next token by the logits after all tokens so far. */
  take(logits: Float32Array): Generated {
    const id = this.#sampler(logits, this.ids);
    this.ids.push(id);
    const made = this.ids.length - this.#request.ids.length;
    const stopped = this.#stop.includes(id);
    let passed = this.#gate.push(stopped ? '' : this.#text.push(id));
    if (passed.hit) this.#end = 'text';
    else if (stopped) this.#end = 'token';
    else if (made >= this.#request.maxTokens) this.#end = 'length';
    if (this.#end === undefined) return { id, text: passed.text };
    if (!passed.hit) {
      const rest = this.#gate.end(this.#text.end());
      if (rest.hit) this.#end = 'text';
      passed = { text: passed.text + rest.text, hit: rest.hit };
    }
    return { id, text: passed.text, end: this.#end };
  }
}
