// The bytes of all tokens of a vocabulary as one trie in flat arrays, walked beside an acceptor of bytes.

import type { Tokenizer } from '../types.js';

/** Nodes stand in depth-first order, so that a walk is one loop: into a node, or past all that is below it. */
export class TokenTrie {
  readonly vocabulary: number;
  /** Bytes of the longest token. */
  readonly longest: number;
  /** 1 for each byte that is a token by itself. */
  readonly alphabet = new Uint8Array(256);
  readonly #byte: Uint8Array;
  readonly #depth: Uint16Array;
  /** The node after everything below. */
  readonly #past: Int32Array;
  /** The first token that ends at the node, or -1; `#same`: the next one with the same bytes. */
  readonly #token: Int32Array;
  readonly #same: Int32Array;

  constructor(tokenizer: Pick<Tokenizer, 'bytes'>, vocabulary: number) {
    // As Latin-1 strings, whose order is that of the bytes. Tokens that add nothing, or too much, have no place.
    const tokens: [string, number][] = [];
    let nodes = 0;
    for (let id = 0; id < vocabulary; id++) {
      const bytes = tokenizer.bytes(id);
      if (bytes.length === 0 || bytes.length > 0xffff) continue;
      tokens.push([Buffer.from(bytes).toString('latin1'), id]);
      nodes += bytes.length;
    }
    tokens.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.vocabulary = vocabulary;
    this.longest = tokens.reduce((most, [text]) => Math.max(most, text.length), 1);
    const byte = new Uint8Array(nodes);
    const depth = new Uint16Array(nodes);
    const past = new Int32Array(nodes);
    const token = new Int32Array(nodes).fill(-1);
    this.#same = new Int32Array(vocabulary).fill(-1);
    /** The node of each byte of the token before. */
    const open: number[] = [];
    let before = '';
    let count = 0;
    const close = (down: number): void => {
      while (open.length > down) past[open.pop() as number] = count;
    };
    for (const [text, id] of tokens) {
      let shared = 0;
      while (shared < text.length && shared < before.length && text[shared] === before[shared]) shared++;
      close(shared);
      for (let at = shared; at < text.length; at++) {
        byte[count] = text.charCodeAt(at);
        depth[count] = at + 1;
        open.push(count++);
      }
      const node = open.at(-1) as number;
      this.#same[id] = token[node] as number;
      token[node] = id;
      if (text.length === 1) this.alphabet[text.charCodeAt(0)] = 1;
      before = text;
    }
    close(0);
    this.#byte = byte.slice(0, count);
    this.#depth = depth.slice(0, count);
    this.#past = past.slice(0, count);
    this.#token = token.slice(0, count);
  }

  /** Walks with the acceptor from `start`: `next` is undefined where it refuses a byte. Calls `found` for every token that it takes whole. */
  walk<State extends object>(
    start: State,
    row: (state: State) => readonly (State | undefined)[],
    found: (id: number, state: State) => void,
  ): void {
    const rows: (readonly (State | undefined)[])[] = [row(start)];
    const count = this.#byte.length;
    for (let node = 0; node < count; ) {
      const depth = this.#depth[node] as number;
      const state = (rows[depth - 1] as readonly (State | undefined)[])[this.#byte[node] as number];
      const past = this.#past[node] as number;
      if (state === undefined) {
        node = past;
        continue;
      }
      for (let id = this.#token[node] as number; id >= 0; id = this.#same[id] as number) found(id, state);
      node++;
      if (node < past) rows[depth] = row(state);
    }
  }

  /** How many tokens a text takes where each is the longest that fits: no more than needed by much. */
  count(bytes: readonly number[]): number {
    let tokens = 0;
    for (let at = 0; at < bytes.length; tokens++) at += Math.max(1, this.#longestAt(bytes, at));
    return tokens;
  }

  #longestAt(bytes: readonly number[], from: number): number {
    let node = 0;
    let found = 0;
    let end = this.#byte.length;
    for (let at = from; at < bytes.length; at++) {
      while (node < end && this.#byte[node] !== bytes[at]) node = this.#past[node] as number;
      if (node >= end) break;
      if ((this.#token[node] as number) >= 0) found = at - from + 1;
      end = this.#past[node] as number;
      node++;
    }
    return found;
  }
}
