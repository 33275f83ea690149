// What every command is given besides its options.

import type { Command } from 'commander';
import { type Terminal, terminal } from './ui/terminal.js';

export interface Context {
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One file a command: it adds itself to the program. */
export type Register = (program: Command, context: Context) => void;

export const terminalOf = (options: { readonly json?: boolean }): Terminal => terminal(options.json === true);

/** Examples below a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}`;
