// Lines that are drawn again in place on a terminal, and plain lines, one for each change, everywhere else.

import { stripVTControlCharacters } from 'node:util';
import type { Channel } from './terminal.js';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

export class Live {
  readonly #out: Channel;
  readonly #said = new Map<string, string>();
  #drawn = 0;

  constructor(out: Channel) {
    this.#out = out;
  }

  /**
   * `lines` replace those drawn before. Where nothing can be redrawn, `plain` is written instead: each key's text once,
   * whenever it changes.
   */
  update(lines: readonly string[], plain: Readonly<Record<string, string>>): void {
    if (this.#out.isTTY) {
      const cut = lines.map(line => clip(line, this.#out.columns - 1));
      const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : hideCursor;
      this.#out.write(`${up}\r\u001b[J${cut.map(line => `${line}\n`).join('')}`);
      this.#drawn = cut.length;
      return;
    }
    for (const [key, text] of Object.entries(plain)) {
      if (this.#said.get(key) === text) continue;
      this.#said.set(key, text);
      this.#out.line(text);
    }
  }

  /** A line that stays, above those that are redrawn. */
  keep(line: string): void {
    this.clear();
    this.#out.line(line);
  }

  /** Takes the redrawn lines away. */
  clear(): void {
    if (this.#drawn > 0) this.#out.write(`\u001b[${this.#drawn}A\r\u001b[J${showCursor}`);
    this.#drawn = 0;
  }

  /** Leaves the last state on the screen. */
  end(): void {
    if (this.#drawn > 0) this.#out.write(showCursor);
    this.#drawn = 0;
  }
}

/** At most `width` characters as seen; a styled line that is too long loses its style. */
const clip = (line: string, width: number): string => {
  const seen = stripVTControlCharacters(line);
  return seen.length <= width ? line : `${seen.slice(0, Math.max(0, width - 1))}…`;
};

/** `██████░░░░` over `width` characters. */
export function bar(share: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** A share as the plain lines say it: in steps of a tenth, so that a log stays short. */
export const tenths = (share: number): string => `${Math.floor(Math.min(1, Math.max(0, share)) * 10) * 10} %`;
