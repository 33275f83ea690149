// What the agent's commands share: where they find their configuration, and how they speak.

import type { Command } from 'commander';
import { type AgentConfig, loadAgentConfig } from '../config.js';

export interface Context {
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One file a command: it adds itself to the program. */
export type Register = (program: Command, context: Context) => void;

export interface CommonOptions {
  readonly config?: string;
  readonly data?: string;
  readonly model?: string;
  readonly profile?: string;
  readonly json?: boolean;
}

export const withCommonOptions = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'configuration; default: agent.yaml in the data folder, then in ~/.config/skein',
    )
    .option('--data <folder>', 'identity, records, releases; default: ~/.local/share/skein/agent')
    .option('--json', 'one JSON document on standard output');

/** For the commands that may have to load the model themselves. */
export const withModelOptions = (command: Command): Command =>
  withCommonOptions(command)
    .option('--model <file>', 'the base model: a GGUF file or a Hugging Face folder')
    .option('--profile <name>', 'a device profile of firmware-configs/, or a file');

export const configOf = (options: CommonOptions): Promise<AgentConfig> => loadAgentConfig(options);

/** The result of a command: one JSON document on one line, or what `draw` makes of it. */
export function print<T>(options: CommonOptions, value: T, draw: (value: T) => string): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(value) : draw(value)}\n`);
}

/** A line that is written over, on a terminal only. Returns what takes it away. */
export function progressLine(): { show(text: string): void; clear(): void } {
  const { stderr } = process;
  const visible = stderr.isTTY === true;
  return {
    show: text => void (visible && stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`)),
    clear: () => void (visible && stderr.write('\r\u001b[K')),
  };
}

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}`;
