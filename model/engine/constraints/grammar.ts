// What a constraint lets a text be, token by token: the tokens that may come next, cached by what is left to be written.

import type { TokenSet } from '../sampling.js';
import type { Constraint, Tokenizer } from '../types.js';
import { choicesTerm, schemaTerm, unsupported } from './schema.js';
import { type Term, Terms } from './terms.js';
import { TokenTrie } from './tokenTrie.js';

/** Grammars and token sets that are kept. */
const maxGrammars = 8;
const maxSets = 512;

/** The grammars of one vocabulary, made as they are first asked for. */
export class Grammars {
  readonly #tokenizer: Tokenizer;
  readonly #vocabulary: number;
  #trie: TokenTrie | undefined;
  readonly #known = new Map<string, Grammar>();

  constructor(tokenizer: Tokenizer, vocabulary: number) {
    this.#tokenizer = tokenizer;
    this.#vocabulary = vocabulary;
  }

  /** Throws `schema/unsupported` where the constraint is beyond what can be held. */
  of(constraint: Constraint): Grammar {
    const key = keyOf(constraint);
    let grammar = this.#known.get(key);
    this.#known.delete(key);
    this.#trie ??= new TokenTrie(this.#tokenizer, this.#vocabulary);
    grammar ??= new Grammar(this.#trie, constraint);
    this.#known.set(key, grammar);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxGrammars && oldest !== undefined) this.#known.delete(oldest);
    return grammar;
  }
}

function keyOf(constraint: Constraint): string {
  const given: unknown = constraint;
  if (typeof given !== 'object' || given === null || 'choices' in given === 'schema' in given)
    throw unsupported('$', 'the constraint has neither choices nor a schema, or both');
  try {
    return JSON.stringify(given);
  } catch (cause) {
    throw unsupported('$', 'the constraint is none of JSON', cause);
  }
}

export class Grammar {
  readonly start: Term;
  readonly #trie: TokenTrie;
  readonly #terms: Terms;
  readonly #sets = new Map<Term, TokenSet>();
  readonly #costs = new Map<Term, number>();

  constructor(trie: TokenTrie, constraint: Constraint) {
    this.#trie = trie;
    this.#terms = new Terms(trie.alphabet);
    this.start =
      'choices' in constraint
        ? choicesTerm(this.#terms, constraint.choices)
        : schemaTerm(this.#terms, constraint.schema);
    if (this.start === this.#terms.never)
      throw unsupported('$', 'the vocabulary has not the bytes to write any such text');
  }

  /** What is left after the token's bytes. */
  after(term: Term, bytes: Uint8Array): Term {
    let left = term;
    for (const byte of bytes) left = this.#terms.derive(left, byte);
    return left;
  }

  /**
   * The tokens that may come next where `left` more tokens may follow them: always at least one, as long as anything is
   * to be written. As the end comes near only those stay after which the text can still be completed.
   */
  allowed(term: Term, left: number): TokenSet {
    if (term.reach > left) return this.#inTime(term, left);
    const clipped = this.#terms.clip(term, this.#trie.longest);
    let set = this.#sets.get(clipped);
    if (set === undefined) {
      if (this.#sets.size >= maxSets) this.#sets.clear();
      set = this.#where(clipped, () => true).set;
      this.#sets.set(clipped, set);
    }
    return set;
  }

  #inTime(term: Term, left: number): TokenSet {
    let least = Number.POSITIVE_INFINITY;
    const fits = new Map<Term, boolean>();
    const { set, count } = this.#where(term, target => {
      least = Math.min(least, target.minLength);
      let fit = fits.get(target);
      if (fit === undefined) {
        fit = this.#cost(target, left) <= left;
        fits.set(target, fit);
      }
      return fit;
    });
    // Where there is no time for what must come: as much of it as can be.
    return count > 0 ? set : this.#where(term, target => target.minLength === least).set;
  }

  /** Tokens that complete the text, or more than `left`; 0 for none. */
  #cost(term: Term, left: number): number {
    if (term.minLength <= left) return term.minLength;
    let cost = this.#costs.get(term);
    if (cost === undefined) {
      const shortest = this.#terms.shortest(term, left * this.#trie.longest);
      if (shortest === undefined) return Number.POSITIVE_INFINITY;
      cost = this.#trie.count(shortest);
      this.#costs.set(term, cost);
    }
    return cost;
  }

  /** The tokens after which what is left passes the test. */
  #where(term: Term, test: (target: Term) => boolean): { set: TokenSet; count: number } {
    const set = new Uint32Array(Math.ceil(this.#trie.vocabulary / 32));
    let count = 0;
    this.#trie.walk(
      term,
      one => this.#terms.row(one),
      (id, target) => {
        if (!test(target)) return;
        set[id >> 5] = (set[id >> 5] as number) | (1 << (id & 31));
        count++;
      },
    );
    return { set, count };
  }
}
