// The demo's progress on standard error: one line a step that stays, with moving lines below while it works.

import { formatDuration, isSkeinError } from '../../core/index.js';
import { Live } from '../ui/live.js';
import type { Channel } from '../ui/terminal.js';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export interface Said {
  readonly lines: readonly string[];
  /** The same where nothing can be redrawn; see Live. */
  readonly plain: Readonly<Record<string, string>>;
}

/** A message that is its own plain line. */
export const say = (text: string): Said => ({ lines: [text], plain: { text } });

export class Steps {
  readonly #out: Channel;
  readonly #live: Live;

  constructor(out: Channel) {
    this.#out = out;
    this.#live = new Live(out);
  }

  /** Shows what `work` says until it is done, then `summary`. */
  async run<T>(
    title: string,
    work: (update: (said: Said) => void) => Promise<T>,
    summary: (value: T) => string,
  ): Promise<T> {
    const began = performance.now();
    let said: Said = { lines: [], plain: {} };
    let frame = 0;
    const draw = (): void => {
      const mark = this.#out.style('cyan', frames[frame++ % frames.length] as string);
      const took = this.#out.style('dim', formatDuration(performance.now() - began));
      const [first = '', ...rest] = said.lines;
      const plain = Object.entries(said.plain).map(([key, text]) => [`${title} ${key}`, `${title}: ${text}`]);
      this.#live.update(
        [`${mark} ${title.padEnd(12)} ${first}  ${took}`, ...rest],
        Object.fromEntries(plain),
      );
    };
    const timer = this.#out.isTTY ? setInterval(draw, 120) : undefined;
    try {
      const value = await work(next => {
        said = next;
        draw();
      });
      const took = this.#out.style('dim', formatDuration(performance.now() - began));
      this.#live.keep(`${this.#out.style('green', '✓')} ${title.padEnd(12)} ${summary(value)}  ${took}`);
      return value;
    } catch (error) {
      const mark = isSkeinError(error, 'cancelled')
        ? this.#out.style('yellow', '–')
        : this.#out.style('red', '✗');
      this.#live.keep(`${mark} ${title}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
