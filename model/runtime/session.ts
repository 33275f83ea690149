// A session: a graph made ready to run, with weights that it may share with other sessions of the process.

import { SkeinError } from '../../core/errors.js';
import { call, callAsync, create, createAsync, free, type Pointer } from './api.js';
import { Binding, type Bindings } from './binding.js';
import { environment, silent } from './environment.js';
import { Handle } from './handle.js';
import { keepFreedBlocks, packageFolder } from './library.js';
import type { Tensor } from './tensor.js';

/** Weights in the layout of the kernels, held once for all sessions that are made with it. */
export class PrepackedWeights extends Handle {
  constructor() {
    super('prepacked-weights container', create('CreatePrepackedWeightsContainer'), pointer =>
      free('ReleasePrepackedWeightsContainer', pointer),
    );
  }
}

export interface SessionOptions {
  /** Threads inside one operation. Default 1. */
  readonly threads?: number;
  /** Graph optimisation: 0 none, 1 basic, 2 extended, 99 all. Default 99. */
  readonly level?: 0 | 1 | 2 | 99;
  /**
   * Threads that wait burn their core for the next operation, and loops are cut into one piece a thread: heads that share
   * keys then stay with one core. Default false: processes share few cores, where smaller pieces even out who is late.
   */
  readonly spinning?: boolean;
  /** Keeps freed memory for the next run. Default true. */
  readonly arena?: boolean;
  /** Plans one block for runs of the same shape. Default false: shapes change from run to run. */
  readonly memoryPattern?: boolean;
  /** Gives arena memory back to the system at the end of every run. Default false. */
  readonly shrinkArena?: boolean;
  /** Kernels repack weights at load. Default true; false leaves them where they are, readable by all sessions. */
  readonly prepacking?: boolean;
  /** The graph's external initializers. The memory must stay as it is until the session is closed. */
  readonly initializers?: ReadonlyMap<string, Tensor>;
  /** Those of them that kernels repack and read no more: they may be closed as soon as the session is open. */
  readonly transient?: ReadonlySet<string>;
  readonly prepacked?: PrepackedWeights;
  /** Where the graph's mapped initializers are. Default: the package of ONNX Runtime. */
  readonly folder?: string;
  /** Inputs that are the same in every run: every binding has them. */
  readonly standing?: ReadonlyMap<string, Tensor>;
  /** Writes the model as it is run to a file, and what kernels have packed to another beside it. Not on Windows. */
  readonly save?: { readonly model: string; readonly data: string };
  /** Further entries of onnxruntime_session_options_config_keys.h. */
  readonly config?: Readonly<Record<string, string>>;
}

/** One run at a time; a second is `engine/busy`. */
export class Session extends Handle {
  readonly #runOptions: Pointer;
  readonly #standing: ReadonlyMap<string, Tensor>;
  #running = false;

  /** `model`: a serialised ModelProto. `engine/runtime` with ONNX Runtime's message where it cannot be used. */
  constructor(model: Uint8Array | Opened, options: SessionOptions = {}) {
    const opened = model instanceof Uint8Array ? openSync(model, options) : model;
    super('session', opened.pointer, address => {
      free('ReleaseSession', address);
      opened.release();
    });
    this.#runOptions = opened.runOptions;
    this.#standing = options.standing ?? new Map();
  }

  /** The same on a thread of its own: the event loop goes on meanwhile. */
  static async open(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    return new Session(await openAsync(model, options), options);
  }

  /** A bound run: every input and output tied to the memory that it is read from and written to. */
  bind(bindings: Bindings): Binding {
    const inputs = { ...Object.fromEntries(this.#standing), ...bindings.inputs };
    return new Binding(this, { ...bindings, inputs });
  }

  /**
   * Runs on a worker thread; the event loop goes on. A signal that fires stops the run within a few nodes (`cancelled`),
   * and the session is good afterwards. Closing meanwhile is safe: what is used is released when the run has ended.
   */
  async run(binding: Binding, signal?: AbortSignal): Promise<void> {
    const end = this.#begin(binding, signal);
    const stop = (): void => call('RunOptionsSetTerminate', this.#runOptions);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await callAsync('RunWithBinding', this.pointer, this.#runOptions, binding.pointer);
    } catch (error) {
      if (signal?.aborted === true)
        throw new SkeinError('cancelled', 'The run was cancelled.', { cause: error });
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      end();
    }
  }

  /** Runs on the calling thread, where a signal that fires is seen before the run alone: for short runs. */
  runSync(binding: Binding, signal?: AbortSignal): void {
    const end = this.#begin(binding, signal);
    try {
      call('RunWithBinding', this.pointer, this.#runOptions, binding.pointer);
    } finally {
      end();
    }
  }

  #begin(binding: Binding, signal?: AbortSignal): () => void {
    if (binding.session !== this) throw new SkeinError('internal', 'The binding is of another session.');
    if (signal?.aborted === true) throw new SkeinError('cancelled', 'The run was cancelled.');
    if (this.#running) throw new SkeinError('engine/busy', 'The session is already running.');
    const releases = [this.retain(), binding.retain()];
    this.#running = true;
    call('RunOptionsUnsetTerminate', this.#runOptions);
    return () => {
      this.#running = false;
      for (const release of releases) release();
    };
  }
}

/** Longer than the pause between two runs of one token, and short enough that an idle process is idle. */
const spinMicroseconds = 1000;

/** The name of the data file is that of one beside the model. */
const savingPacked = (data: string) => ({
  'session.optimized_model_external_initializers_file_name': data,
  'session.optimized_model_external_initializers_min_size_in_bytes': '0',
  'session.save_external_prepacked_constant_initializers': '1',
});

/** A native session with what it holds; `release` once it is released. */
interface Opened {
  readonly pointer: Pointer;
  readonly runOptions: Pointer;
  readonly release: () => void;
}

type Creation = Parameters<typeof create>;

function openSync(model: Uint8Array, options: SessionOptions): Opened {
  const { creation, runOptions, release, end } = prepare(model, options);
  try {
    return { pointer: create(...creation), runOptions, release };
  } catch (error) {
    release();
    throw error;
  } finally {
    end();
  }
}

async function openAsync(model: Uint8Array, options: SessionOptions): Promise<Opened> {
  const { creation, runOptions, release, end } = prepare(model, options);
  // Nobody may release weights that are being read, not even those that are not needed afterwards.
  const held = [...(options.initializers?.values() ?? [])].map(tensor => tensor.retain());
  held.push(keepFreedBlocks(), end);
  try {
    return { pointer: await createAsync(...creation), runOptions, release };
  } catch (error) {
    release();
    throw error;
  } finally {
    for (const letGo of held) letGo();
  }
}

/** The call that creates the session; `end` when it has been made, whatever came of it. */
function prepare(
  model: Uint8Array,
  options: SessionOptions,
): { creation: Creation; runOptions: Pointer; release: () => void; end: () => void } {
  const native = create('CreateSessionOptions');
  const runOptions = create('CreateRunOptions');
  const kept: (() => void)[] = [];
  const release = (): void => {
    free('ReleaseRunOptions', runOptions);
    for (const one of kept) one();
  };
  try {
    for (const [name, tensor] of options.initializers ?? []) {
      if (options.transient?.has(name) !== true) kept.push(tensor.retain());
    }
    for (const tensor of options.standing?.values() ?? []) kept.push(tensor.retain());
    if (options.prepacked !== undefined) kept.push(options.prepacked.retain());
    if (options.shrinkArena === true)
      call('AddRunConfigEntry', runOptions, 'memory.enable_memory_arena_shrinkage', 'cpu:0');
    configure(native, options);
    const given = [environment(), model, model.byteLength, native] as const;
    const creation: Creation =
      options.prepacked === undefined
        ? ['CreateSessionFromArray', ...given]
        : ['CreateSessionFromArrayWithPrepackedWeightsContainer', ...given, options.prepacked.pointer];
    return { creation, runOptions, release, end: () => free('ReleaseSessionOptions', native) };
  } catch (error) {
    release();
    free('ReleaseSessionOptions', native);
    throw error;
  }
}

function configure(native: Pointer, options: SessionOptions): void {
  call('SetSessionLogSeverityLevel', native, silent);
  call('SetSessionGraphOptimizationLevel', native, options.level ?? 99);
  call('SetIntraOpNumThreads', native, options.threads ?? 1);
  if (options.arena === false) call('DisableCpuMemArena', native);
  if (options.memoryPattern !== true) call('DisableMemPattern', native);
  if (options.save !== undefined) call('SetOptimizedModelFilePath', native, options.save.model);
  const config = {
    'session.intra_op.allow_spinning': options.spinning === true ? '1' : '0',
    'session.intra_op.spin_duration_us': String(spinMicroseconds),
    ...(options.spinning === true ? { 'session.dynamic_block_base': '1' } : {}),
    'session.model_external_initializers_file_folder_path': options.folder ?? packageFolder(),
    ...(options.prepacking === false ? { 'session.disable_prepacking': '1' } : {}),
    ...(options.save === undefined ? {} : savingPacked(options.save.data)),
    ...options.config,
  };
  for (const [key, value] of Object.entries(config)) call('AddSessionConfigEntry', native, key, value);
  for (const [name, tensor] of options.initializers ?? [])
    call('AddInitializer', native, name, tensor.pointer);
}
