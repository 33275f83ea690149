// Finds special tokens in a text: at each place the longest, from left to right.

import type { StringList } from '../formats/stringList.js';
import { extended, type TextTable } from './textTable.js';

export interface Found {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export class SpecialTokens {
  readonly #table: TextTable;
  /** 1 for the tokens looked for. */
  readonly #wanted: Uint8Array;
  /** First two bytes -> length of the longest token that begins with them; 0: none. */
  readonly #reach = new Uint16Array(1 << 16);

  /** `ids`: the tokens to look for; those without text are never found. `table`: all tokens. */
  constructor(tokens: StringList, table: TextTable, ids: readonly number[]) {
    this.#table = table;
    this.#wanted = new Uint8Array(tokens.length);
    for (const id of ids) {
      const bytes = tokens.bytesAt(id);
      if (bytes.length === 0) continue;
      this.#wanted[id] = 1;
      const first = (bytes[0] as number) << 8;
      const [from, to] = bytes.length > 1 ? [bytes[1] as number, bytes[1] as number] : [0, 255];
      for (let second = from; second <= to; second++) {
        const key = first | second;
        this.#reach[key] = Math.max(this.#reach[key] as number, bytes.length);
      }
    }
  }

  *find(bytes: Uint8Array): Generator<Found> {
    for (let start = 0; start < bytes.length; ) {
      const key = ((bytes[start] as number) << 8) | (bytes[start + 1] ?? 0);
      const reach = this.#reach[key] as number;
      const found = reach === 0 ? undefined : this.#longest(bytes, start, reach);
      if (found !== undefined) yield found;
      start = found?.end ?? start + 1;
    }
  }

  #longest(bytes: Uint8Array, start: number, reach: number): Found | undefined {
    let found: Found | undefined;
    let hash = 0;
    const last = Math.min(bytes.length, start + reach);
    for (let end = start + 1; end <= last; end++) {
      hash = extended(hash, bytes[end - 1] as number);
      const id = this.#table.find(hash, bytes, start, end);
      if (id >= 0 && this.#wanted[id] === 1) found = { id, start, end };
    }
    return found;
  }
}
