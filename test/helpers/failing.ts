// A program that cannot do its work says one thing, once: the message, its code, what can be done, the documented exit code.

import { expect } from 'vitest';
import { type ErrorCode, errorCodes } from '../../core/errorCodes.js';
import { type ProgramName, type RunOptions, runProgram } from './programs.js';

export interface Failure {
  readonly exit: number;
  readonly code: ErrorCode;
  /** What the message names, each at least once. */
  readonly says: readonly string[];
}

interface ReportedError {
  readonly code: string;
  readonly message: string;
}

/**
 * Runs a command that must fail, as text and, where the program has it, with `--json`; `prepare` comes before each run.
 */
export async function expectFailure(
  program: ProgramName,
  args: readonly string[],
  failure: Failure,
  options: RunOptions & { readonly prepare?: () => void } = {},
): Promise<void> {
  options.prepare?.();
  const text = await runProgram(program, args, options);
  expect.soft(text.code, text.stderr).toBe(failure.exit);
  expect.soft(text.stdout).toBe('');
  const messages = text.stderr.split('\n').filter(line => line.startsWith('error: '));
  expect.soft(messages, text.stderr).toHaveLength(1);
  const message = text.stderr.slice(text.stderr.indexOf('error: '));
  expect.soft(message).toContain(` (${failure.code})\n  ${errorCodes[failure.code].remedy}\n`);
  for (const part of failure.says) expect.soft(message).toContain(part);
  expectNoStack(text.stderr);
  if (program === 'skein-coordinator') return;
  options.prepare?.();
  const json = await runProgram(program, [...args, '--json'], options);
  expect.soft(json.code, json.stderr).toBe(failure.exit);
  expect.soft(json.stdout.trim().split('\n')).toHaveLength(1);
  const { error } = JSON.parse(json.stdout) as { error: ReportedError };
  expect.soft(error.code).toBe(failure.code);
  for (const part of failure.says) expect.soft(error.message).toContain(part);
  expectNoStack(json.stderr);
}

/** No line of a stack trace. */
export function expectNoStack(text: string): void {
  expect.soft(text).not.toMatch(/^\s+at /m);
}
