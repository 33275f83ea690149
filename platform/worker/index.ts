// The parent's side of the model worker: starts the child when there is work, ends it when there is none, and repeats
// what a crash has interrupted. The engine is never loaded in this process.

import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import type { Adapter } from '../../model/engine/types.js';
import { lowerPriority } from '../priority.js';
import { type Call, errorFromChild, type FromChild, type ToChild } from './protocol.js';
import type {
  AnswerResult,
  EvaluationResult,
  ModelWorker,
  TrainRequest,
  TrainResult,
  WorkerOptions,
} from './types.js';

export type * from './types.js';

/** Of free text. */
export const defaultMaxNewTokens = 64;
const maxAdaptersKept = 3;

/** `entry`: the child's program, in place of the engine's. */
export function startModelWorker(options: WorkerOptions, entry?: URL): ModelWorker {
  return new ChildModelWorker(options, entry ?? new URL(`./child${extension}`, import.meta.url));
}

/** `.ts` where the sources themselves run, as in tests. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

interface Pending {
  readonly call: Call;
  readonly adapter: Adapter | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: (progress: unknown) => void;
  /** Crashes since it last made progress that it had not made before. */
  crashes: number;
  furthest: number;
}

class ChildModelWorker implements ModelWorker {
  readonly #options: WorkerOptions;
  readonly #entry: URL;
  readonly #pending = new Map<number, Pending>();
  readonly #keys = new WeakMap<Adapter, number>();
  /** Keys that the child has, oldest first. */
  #sent: number[] = [];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #nextId = 1;
  #nextKey = 1;
  #stopped = false;

  constructor(options: WorkerOptions, entry: URL) {
    this.#options = options;
    this.#entry = entry;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  answer(request: Parameters<ModelWorker['answer']>[0]): Promise<AnswerResult> {
    const { prompt, text, adapter, maxNewTokens = defaultMaxNewTokens, signal } = request;
    return this.#ask({ op: 'answer', prompt, text, adapter: this.#key(adapter), maxNewTokens }, adapter, {
      signal,
    });
  }

  evaluate(request: Parameters<ModelWorker['evaluate']>[0]): Promise<EvaluationResult> {
    const { prompt, records, adapter, signal, onProgress } = request;
    return this.#ask({ op: 'evaluate', prompt, records, adapter: this.#key(adapter) }, adapter, {
      signal,
      onProgress,
    });
  }

  train(train: TrainRequest): Promise<TrainResult> {
    const { onProgress, onUnsaved, signal, checkpointFile = null, ...request } = train;
    type Said = Parameters<NonNullable<typeof onProgress>>[0] | { readonly unsaved: string };
    const heard = (said: Said): void => ('unsaved' in said ? onUnsaved?.(said.unsaved) : onProgress?.(said));
    return this.#ask({ op: 'train', request, checkpointFile }, null, { signal, onProgress: heard });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idle);
    for (const [id, pending] of this.#pending) this.#settle(id, () => pending.reject(stopped()));
    this.#end();
    await this.#ended;
  }

  #ask<T, P>(
    call: Call,
    adapter: Adapter | null,
    options: { signal: AbortSignal | undefined; onProgress?: ((progress: P) => void) | undefined },
  ): Promise<T> {
    const { signal } = options;
    return new Promise<T>((resolve, reject) => {
      if (this.#stopped) return reject(stopped());
      if (signal?.aborted === true) return reject(toSkeinError(signal.reason));
      const id = this.#nextId++;
      const cancel = (): void => {
        this.#send({ type: 'cancel', id });
        this.#settle(id, () => reject(toSkeinError(signal?.reason)));
      };
      signal?.addEventListener('abort', cancel, { once: true });
      const done = <A>(settle: (value: A) => void) => {
        return (value: A): void => {
          signal?.removeEventListener('abort', cancel);
          settle(value);
        };
      };
      const pending: Pending = {
        call,
        adapter,
        resolve: done(value => resolve(value as T)),
        reject: done(reject),
        onProgress: progress => options.onProgress?.(progress as P),
        crashes: 0,
        furthest: 0,
      };
      clearTimeout(this.#idle);
      this.#pending.set(id, pending);
      this.#submit(id, pending);
    });
  }

  #submit(id: number, { call, adapter }: Pending): void {
    this.#child ??= this.#start();
    const key = this.#key(adapter);
    if (adapter !== null && key !== null && !this.#sent.includes(key)) {
      this.#makeRoom();
      this.#send({ type: 'adapter', key, adapter });
      this.#sent.push(key);
    }
    this.#send({ type: 'call', id, call });
  }

  #makeRoom(): void {
    const used = new Set([...this.#pending.values()].map(pending => this.#key(pending.adapter)));
    for (const key of this.#sent) {
      if (this.#sent.length < maxAdaptersKept) return;
      if (used.has(key)) continue;
      this.#send({ type: 'forget', key });
      this.#sent = this.#sent.filter(other => other !== key);
    }
  }

  #key(adapter: Adapter | null): number | null {
    if (adapter === null) return null;
    const known = this.#keys.get(adapter);
    if (known !== undefined) return known;
    this.#keys.set(adapter, this.#nextKey);
    return this.#nextKey++;
  }

  #start(): ChildProcess {
    const { modelFile, arithmetic, threads, memoryBytes, nice = 0 } = this.#options;
    const debug = process.env.SKEIN_DEBUG === '1';
    const child = fork(fileURLToPath(this.#entry), [], {
      serialization: 'advanced',
      execArgv: this.#entry.pathname.endsWith('.ts') ? ['--import', typescriptLoader()] : [],
      stdio: ['ignore', 'ignore', debug ? 'inherit' : 'ignore', 'ipc'],
    });
    if (child.pid !== undefined && nice > 0) lowerPriority(child.pid, nice);
    this.#sent = [];
    this.#ended = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        resolve(undefined);
        if (this.#child === child) this.#crashed(signal ?? String(code));
      });
      child.once('error', error => {
        resolve(undefined);
        if (this.#child === child) this.#crashed(toSkeinError(error).code);
      });
    });
    child.on('message', message => this.#receive(child, message as FromChild));
    child.send(
      {
        type: 'open',
        options: { modelFile, arithmetic, threads, ...(memoryBytes && { memoryBytes }) },
      } satisfies ToChild,
      () => undefined,
    );
    return child;
  }

  #send(message: ToChild): void {
    // A child that has just died says so by its exit; what was sent to it is repeated then.
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  #receive(child: ChildProcess, message: FromChild): void {
    const pending = this.#pending.get(message.id);
    if (child !== this.#child || pending === undefined) return;
    switch (message.type) {
      case 'progress': {
        const { step, done } = message.progress as { step?: number; done?: number };
        const reached = step ?? done ?? 0;
        if (reached > pending.furthest) {
          pending.furthest = reached;
          pending.crashes = 0;
        }
        pending.onProgress(message.progress);
        break;
      }
      case 'result':
        this.#settle(message.id, () => pending.resolve(message.value));
        break;
      case 'error':
        this.#settle(message.id, () => pending.reject(errorFromChild(message.error)));
        break;
    }
  }

  #settle(id: number, settle: () => void): void {
    this.#pending.delete(id);
    settle();
    const { idleMs } = this.#options;
    if (this.#pending.size > 0 || idleMs === 0 || this.#stopped) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end(), idleMs).unref();
  }

  /** Everything a call needs is in its message and its checkpoint, so each is repeated once, and again after progress. */
  #crashed(how: string): void {
    this.#child = undefined;
    for (const [id, pending] of [...this.#pending]) {
      pending.crashes += 1;
      if (pending.crashes > 1) {
        const error = new SkeinError(
          'worker/crashed',
          `The model worker ended twice without progress (${how}).`,
        );
        this.#settle(id, () => pending.reject(error));
      } else {
        this.#submit(id, pending);
      }
    }
  }

  #end(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }
}

const stopped = (): SkeinError => new SkeinError('cancelled', 'The model worker was stopped.');

const typescriptLoader = (): string => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
