// How a command speaks: results on standard output, everything else on standard error, colours only where a person looks.

import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  readonly json: boolean;
  readonly out: Channel;
  readonly err: Channel;
  /** What work has come to: standard error, or nothing where a program reads the result and nobody looks. */
  readonly progress: Channel;
}

/** One stream with what it can do. */
export interface Channel {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
  line(text?: string): void;
  style(style: Style, text: string): string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** https://no-color.org: NO_COLOR with any content wins over the terminal; FORCE_COLOR wins over both. */
export function wantsColour(isTTY: boolean, environment: Environment = process.env): boolean {
  const force = environment.FORCE_COLOR;
  if (force !== undefined && force !== '') return force !== '0';
  return isTTY && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
}

export function channel(stream: NodeJS.WriteStream, environment: Environment = process.env): Channel {
  const isTTY = stream.isTTY === true;
  const colour = wantsColour(isTTY, environment);
  return {
    isTTY,
    get columns() {
      // A terminal that does not know its width says 0.
      return stream.columns || 100;
    },
    write: text => void stream.write(text),
    line: (text = '') => void stream.write(`${text}\n`),
    style: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
  };
}

export function terminal(json: boolean): Terminal {
  const err = channel(process.stderr);
  const progress = json && !err.isTTY ? { ...err, write: () => {}, line: () => {} } : err;
  return { json, out: channel(process.stdout), err, progress };
}

/** The result of a command: one JSON document on one line, or what `draw` makes of it. */
export function printResult<T>(at: Terminal, value: T, draw: (value: T, out: Channel) => string): void {
  at.out.line(at.json ? JSON.stringify(value) : draw(value, at.out));
}
