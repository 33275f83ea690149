// What every program does around its work: signals become an AbortSignal, errors one clear message and an exit code.

import { errorCodes } from '../core/errorCodes.js';
import { SkeinError, toSkeinError } from '../core/errors.js';
import { exit } from '../core/exitCodes.js';

export interface ProgramOptions {
  /** Errors are `{"error":{code,message,data}}` on standard output instead of text on standard error. */
  readonly json?: boolean;
}

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Set to 1 by a program that starts this one as a child with a pipe as its standard input: the end of that pipe is then a
 * SIGTERM. A parent that is killed cannot say farewell, but the system closes its end of the pipe.
 */
export const stopAtStdinEnd = 'SKEIN_STOP_AT_STDIN_END';
/** Nobody is left who would signal twice. */
const orphanMs = 10_000;

const interrupts: (() => void)[] = [];

/**
 * As long as it stands, an interrupt (Ctrl-C) calls `handler` and is no more than that: for work that a person may stop
 * without ending the program. Returns how to take it away.
 */
export function onInterrupt(handler: () => void): () => void {
  interrupts.push(handler);
  return () => {
    const place = interrupts.indexOf(handler);
    if (place >= 0) interrupts.splice(place, 1);
  };
}

/**
 * Runs `main` and ends the process with its result. The first signal aborts `signal`, the second one ends at once.
 * A stack is shown only with SKEIN_DEBUG=1. A closed pipe (`| head`) ends quietly.
 */
export async function runProgram(
  // biome-ignore lint/suspicious/noConfusingVoidType: a program that returns nothing has succeeded.
  main: (signal: AbortSignal) => Promise<number | void>,
  { json = false }: ProgramOptions = {},
): Promise<never> {
  const controller = new AbortController();
  let received: keyof typeof signals | undefined;
  const receive = (name: keyof typeof signals): void => {
    const handler = name === 'SIGINT' && received === undefined ? interrupts.at(-1) : undefined;
    if (handler !== undefined) handler();
    else if (received !== undefined) process.exit(signals[name]);
    else {
      received = name;
      controller.abort(new SkeinError('cancelled', `Stopped by ${name}.`));
    }
  };
  for (const name of Object.keys(signals) as (keyof typeof signals)[]) process.on(name, () => receive(name));
  if (process.env[stopAtStdinEnd] === '1') {
    process.stdin.once('close', () => {
      setTimeout(() => process.exit(signals.SIGTERM), orphanMs).unref();
      if (received === undefined) receive('SIGTERM');
    });
    process.stdin.on('error', () => undefined).resume();
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exit.ok);
    });
  }
  const fail = (thrown: unknown): number => {
    const error = toSkeinError(thrown);
    report(error, json);
    return error.code === 'cancelled' && received !== undefined ? signals[received] : error.exitCode;
  };
  process.on('uncaughtException', error => void end(fail(error)));
  process.on('unhandledRejection', error => void end(fail(error)));
  let code: number;
  try {
    code = (await main(controller.signal)) ?? (received === undefined ? exit.ok : signals[received]);
  } catch (error) {
    code = fail(error);
  }
  return end(code);
}

/** What a failed program says. */
export function report(error: SkeinError, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
  else if (error.code !== 'cancelled') {
    process.stderr.write(`error: ${error.message} (${error.code})\n`);
    process.stderr.write(`  ${errorCodes[error.code].remedy}\n`);
  }
  if (process.env.SKEIN_DEBUG === '1') {
    for (let at: unknown = error; at instanceof Error; at = at.cause)
      process.stderr.write(`${at.stack ?? at.message}\n`);
  }
}

/** process.exit loses what a pipe has not taken yet; both streams are drained first. */
async function end(code: number): Promise<never> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      stream => new Promise<void>(done => void stream.write('', () => done())),
    ),
  );
  process.exit(code);
}
