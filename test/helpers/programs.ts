// The built programs as a user starts them: run to the end, or kept running and killed at a chosen moment.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type ProgramName = 'skein' | 'skein-agent' | 'skein-coordinator';

const root = path.resolve(import.meta.dirname, '../..');
const entries: Readonly<Record<ProgramName, string>> = {
  skein: 'dist/cli/main.js',
  'skein-agent': 'dist/agent/main.js',
  'skein-coordinator': 'dist/coordinator/main.js',
};

/** Every process group that this test file started and that has not ended. */
const groups = new Set<number>();
process.once('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Before the program's file. */
  readonly nodeArgs?: readonly string[];
  /** A process in whose network namespace the program runs. */
  readonly networkOf?: number;
  /** A command line that runs the program that follows it, for example in namespaces of its own. */
  readonly under?: readonly string[];
}

function launch(
  program: ProgramName,
  args: readonly string[],
  options: RunOptions,
  stdio: ('ignore' | 'pipe' | number)[],
): ChildProcess {
  const file = path.join(root, entries[program]);
  if (!existsSync(file)) throw new Error(`${entries[program]} is not built: npm run build`);
  const network = options.networkOf === undefined ? [] : ['nsenter', '-t', String(options.networkOf), '-n'];
  const inside = [...network, ...(options.under ?? [])];
  const [command, ...line] = [...inside, process.execPath, ...(options.nodeArgs ?? []), file, ...args];
  const child = spawn(command as string, line, {
    stdio,
    detached: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  const { pid } = child;
  if (pid !== undefined) {
    groups.add(pid);
    child.once('exit', () => groups.delete(pid));
  }
  return child;
}

/** Runs a program to its end. */
export async function runProgram(
  program: ProgramName,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const child = launch(program, args, options, ['ignore', 'pipe', 'pipe']);
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  return { ...end, stdout, stderr };
}

/** Runs a command with `--json`, expects success, and returns its document. */
export async function runJson<T>(
  program: ProgramName,
  args: readonly string[],
  options: RunOptions = {},
): Promise<T> {
  const { code, stdout, stderr } = await runProgram(program, [...args, '--json'], options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** A program that stays, with its log in a file. */
export class RunningProgram {
  readonly pid: number;
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(program: ProgramName, args: readonly string[], logFile: string, options: RunOptions = {}) {
    const log = openSync(logFile, 'a', 0o600);
    this.#child = launch(program, args, options, ['ignore', log, log]);
    closeSync(log);
    this.logFile = logFile;
    this.pid = this.#child.pid as number;
    this.#ended = ended(this.#child);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Asks it to end, and waits. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.alive) process.kill(this.pid, 'SIGTERM');
    return this.#ended;
  }

  /** `kill -9` of the program and of the worker that it started, at once. */
  async kill(): Promise<void> {
    signalGroup(this.pid, 'SIGKILL');
    await this.#ended;
  }
}

/** A program that is spoken to on its standard input. */
export class ConversingProgram {
  /** What it has printed by now. */
  output = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  #check: () => void = () => undefined;

  constructor(program: ProgramName, args: readonly string[], options: RunOptions = {}) {
    this.#child = launch(program, args, options, ['pipe', 'pipe', 'pipe']);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.#check();
    });
    this.#child.stderr?.resume();
    this.ended = ended(this.#child);
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Waits until so many characters were printed. */
  heard(count: number): Promise<void> {
    return new Promise(resolve => {
      this.#check = () => {
        if (this.output.length >= count) resolve();
      };
      this.#check();
    });
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let out = '';
  for await (const part of stream ?? []) out += String(part);
  return out;
}
