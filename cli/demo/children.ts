// The real programs, as child processes in groups of their own: started, listened to, and ended without a trace.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errorCodes, SkeinError } from '../../core/index.js';
import { stopAtStdinEnd } from '../../platform/lifecycle.js';

export type Program = 'skein' | 'skein-agent' | 'skein-coordinator';

const files: Readonly<Record<Program, string>> = {
  skein: '../main.js',
  'skein-agent': '../../agent/main.js',
  'skein-coordinator': '../../coordinator/main.js',
};

const maxOutputBytes = 16 * 1024 * 1024;
const graceMs = 8_000;

export interface Daemon {
  readonly pid: number;
  /** Rejects when the process ends before it is told to. */
  readonly died: Promise<never>;
}

export class Children {
  readonly #logFolder: string;
  readonly #running = new Set<ChildProcess>();
  #stopping = false;

  /** Daemons log into files of `logFolder`. */
  constructor(logFolder: string) {
    this.#logFolder = logFolder;
    // Whatever ends this process, its children go with it; where it is killed, they see their standard input end.
    process.once('exit', this.#killAll);
  }

  /** Runs a command with `--json` to its end and returns its document; its typed error is thrown here again. */
  async run<T>(program: Program, args: readonly string[], signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const child = this.#spawn(program, [...args, '--json'], ['pipe', 'pipe']);
    const abort = (): void => this.#signal(child, 'SIGTERM');
    signal.addEventListener('abort', abort, { once: true });
    try {
      const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
      signal.throwIfAborted();
      return readDocument<T>(`${program} ${args.slice(0, 2).join(' ')}`, out, err, code);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Starts a program that stays. */
  start(program: Program, name: string, args: readonly string[]): Daemon {
    const logFile = path.join(this.#logFolder, `${name}.log`);
    const log = openSync(logFile, 'a', 0o600);
    const child = this.#spawn(program, args, [log, log]);
    closeSync(log);
    const died = ended(child).then(code => {
      if (this.#stopping) return new Promise<never>(() => {});
      throw deathOf(name, code, readFileSync(logFile, 'utf8'));
    });
    died.catch(() => {});
    return { pid: child.pid as number, died };
  }

  /** Ends one daemon's whole group and waits for it. */
  async stop(daemon: Daemon): Promise<void> {
    for (const child of this.#running) if (child.pid === daemon.pid) await this.#end(child);
  }

  /** Ends everything, politely first; returns when nothing is left. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running].map(child => this.#end(child)));
    process.off('exit', this.#killAll);
  }

  #spawn(
    program: Program,
    args: readonly string[],
    output: ['pipe' | number, 'pipe' | number],
  ): ChildProcess {
    const file = fileURLToPath(new URL(files[program], import.meta.url));
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ['pipe', ...output],
      detached: true,
      env: { ...process.env, [stopAtStdinEnd]: '1' },
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  async #end(child: ChildProcess): Promise<void> {
    const gone = ended(child);
    this.#signal(child, 'SIGTERM');
    const timer = setTimeout(() => this.#signal(child, 'SIGKILL'), graceMs);
    await gone;
    clearTimeout(timer);
    // A worker may outlive the daemon that it belongs to by a moment: the group goes as a whole.
    this.#signal(child, 'SIGKILL');
  }

  #signal(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  readonly #killAll = (): void => {
    for (const child of this.#running) this.#signal(child, 'SIGKILL');
  };
}

function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? 1);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => resolve(code ?? 1));
  });
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let out = '';
  for await (const part of stream ?? []) {
    if (out.length < maxOutputBytes) out += String(part);
  }
  return out;
}

/** What a daemon's log says about its end: the error that it reported, else its last lines. */
export function deathOf(name: string, code: number, log: string): SkeinError {
  const [, message, reported] =
    [...log.matchAll(/^error: ([\s\S]*?) \(([a-z]+(?:\/[a-z-]+)?)\)$/gm)].at(-1) ?? [];
  if (message !== undefined && reported !== undefined && Object.hasOwn(errorCodes, reported))
    return new SkeinError(reported as ErrorCode, `${name}: ${message}`);
  const said = log.trim().split('\n').slice(-3).join('\n');
  return new SkeinError('demo/failed', `${name} ended with code ${code}:\n${said}`, { data: { code } });
}

/** The last line of `out` as JSON, or the error that the program reported in it. */
export function readDocument<T>(command: string, out: string, err: string, code: number): T {
  const line = out.trim().split('\n').at(-1) ?? '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const said = err.trim().split('\n').slice(-3).join('\n');
    throw new SkeinError('demo/failed', `${command} ended with code ${code}. ${said}`, { cause: error });
  }
  if (code === 0) return value as T;
  const reported = (value as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  const known = typeof reported?.code === 'string' && Object.hasOwn(errorCodes, reported.code);
  const message = typeof reported?.message === 'string' ? reported.message : `it ended with code ${code}.`;
  throw new SkeinError(known ? (reported?.code as ErrorCode) : 'demo/failed', `${command}: ${message}`);
}
