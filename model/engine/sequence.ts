// One request's life, apart from where its logits come from: picks tokens, makes text of them, and knows when it ends.

import { SkeinError } from '../../core/errors.js';
import type { Grammar, Grammars } from './constraints/grammar.js';
import type { Term } from './constraints/terms.js';
import { createSampler, type Sampler, type TokenSet } from './sampling.js';
import { stopTexts } from './stopTexts.js';
import type { Ending, Generated, GenerateRequest, Tokenizer } from './types.js';

/** What a model makes of its tokens, for all its sequences. */
export interface TextSide {
  readonly tokenizer: Tokenizer;
  readonly grammars: Grammars;
}

export class Sequence {
  /** The prompt and everything made. */
  readonly ids: number[];
  readonly #request: GenerateRequest;
  readonly #stop: readonly number[];
  readonly #sampler: Sampler;
  readonly #text: ReturnType<Tokenizer['stream']>;
  readonly #gate: ReturnType<typeof stopTexts>;
  readonly #tokenizer: Tokenizer;
  readonly #grammar: Grammar | undefined;
  /** What the grammar wants yet. */
  #wanted: Term | undefined;
  #allowed: TokenSet | undefined;
  #end: Ending | undefined;

  /** Throws `engine/request` for settings that cannot be, `schema/unsupported` for a constraint that cannot be held. */
  constructor(request: GenerateRequest, { tokenizer, grammars }: TextSide) {
    const { maxTokens, ids } = request;
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
      throw new SkeinError('engine/request', `maxTokens is ${maxTokens}, and must be a whole number.`);
    }
    this.#request = request;
    this.ids = [...ids];
    this.#stop = request.stop ?? tokenizer.ends;
    this.#sampler = createSampler(request.sampling);
    this.#text = tokenizer.stream({ continued: true });
    this.#gate = stopTexts(request.stopTexts ?? []);
    this.#tokenizer = tokenizer;
    this.#grammar = request.constraint === undefined ? undefined : grammars.of(request.constraint);
    this.#wanted = this.#grammar?.start;
    if (maxTokens === 0) this.#end = 'length';
  }

  /** Why it ended; undefined while it goes on. */
  get end(): Ending | undefined {
    return this.#end;
  }

  get constrained(): boolean {
    return this.#grammar !== undefined;
  }

  get last(): number {
    return this.ids.at(-1) as number;
  }

  /** Positions that it needs in a cache at most: its last token is never run. */
  get positions(): number {
    return this.#request.ids.length + Math.max(0, this.#request.maxTokens - 1);
  }

  /** Makes ready what needs no logits: while the model runs, it costs no time. */
  prepare(): void {
    if (this.#grammar === undefined || this.#wanted === undefined || this.#end !== undefined) return;
    const left = this.#request.maxTokens - this.#made - 1;
    this.#allowed ??= withTokens(
      this.#grammar.allowed(this.#wanted, left),
      this.#wanted.nullable ? this.#stop : [],
    );
  }

  /** The next token by the logits after all tokens so far. */
  take(logits: Float32Array): Generated {
    this.prepare();
    const id = this.#sampler(logits, this.ids, this.#allowed);
    this.#allowed = undefined;
    this.ids.push(id);
    const stopped = this.#stop.includes(id) && this.#wanted?.nullable !== false;
    if (!stopped && this.#wanted !== undefined)
      this.#wanted = this.#grammar?.after(this.#wanted, this.#tokenizer.bytes(id));
    let passed = this.#gate.push(stopped ? '' : this.#text.push(id));
    if (passed.hit) this.#end = 'text';
    else if (stopped) this.#end = 'token';
    else if (this.#wanted?.kind === 'empty') this.#end = 'complete';
    else if (this.#made >= this.#request.maxTokens)
      this.#end = this.#wanted?.nullable === true ? 'complete' : 'length';
    if (this.#end === undefined) return { id, text: passed.text };
    if (!passed.hit) {
      const rest = this.#gate.end(this.#text.end());
      if (rest.hit) this.#end = 'text';
      passed = { text: passed.text + rest.text, hit: rest.hit };
    }
    return { id, text: passed.text, end: this.#end };
  }

  get #made(): number {
    return this.ids.length - this.#request.ids.length;
  }
}

function withTokens(set: TokenSet, ids: readonly number[]): TokenSet {
  if (ids.length === 0) return set;
  const more = set.slice();
  for (const id of ids) {
    const word = more[id >> 5];
    if (word !== undefined) more[id >> 5] = word | (1 << (id & 31));
  }
  return more;
}
