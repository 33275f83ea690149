// What every command is given besides its options.

import type { Command } from 'commander';
import { type Terminal, terminal } from './ui/terminal.js';

export interface Context {
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The command line from here on, where it is known: of the commands only the one that it names need be loaded. */
  readonly words?: readonly string[];
}

/** One file a command: it adds itself to the program. */
export type Register = (program: Command, context: Context) => void | Promise<void>;

/** Commands by name, each loaded together with what it imports. */
export type Commands = Readonly<Record<string, () => Promise<Register>>>;

/** Adds the command that the context's words begin with; all of them where they begin with none, as for help. */
export async function registerNamed(commands: Commands, program: Command, context: Context): Promise<void> {
  const { words = [], ...rest } = context;
  const [name = ''] = words;
  const named = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const loads = named === undefined ? Object.values(commands) : [named];
  for (const register of await Promise.all(loads.map(load => load())))
    await register(program, named === undefined ? rest : { ...rest, words: words.slice(1) });
}

export const terminalOf = (options: { readonly json?: boolean }): Terminal => terminal(options.json === true);

/** Examples below a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}`;
