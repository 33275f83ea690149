// ONNX Runtime's C API as a table of typed functions: the index of each in OrtApi, its result and its parameters.
//
// Source: onnxruntime_c_api.h; the order of OrtApi is append-only by promise. `*out` stands for a pointer written by the call.

import koffi, { type LibraryHandle } from 'koffi';
import { SkeinError } from '../../core/errors.js';
import { loadLibrary, returnLargeBlocks } from './library.js';

/** The address of something that ONNX Runtime owns; null is C's NULL. */
export type Pointer = bigint;

/** The newest version of OrtApi whose functions this file uses. */
const apiVersion = 17;

type Param = 'pointer' | 'string' | 'int' | 'size' | 'int64s' | 'memory' | 'out';
type Result = 'status' | 'string' | 'void' | 'int';

interface Signature {
  readonly index: number;
  readonly result: Result;
  readonly params: readonly Param[];
}
const status = (index: number, ...params: Param[]): Signature => ({ index, result: 'status', params });
const release = (index: number): Signature => ({ index, result: 'void', params: ['pointer'] });

const table = {
  GetErrorMessage: { index: 2, result: 'string', params: ['pointer'] },
  CreateEnv: status(3, 'int', 'string', 'out'),
  CreateSessionFromArray: status(8, 'pointer', 'memory', 'size', 'pointer', 'out'),
  CreateSessionOptions: status(10, 'out'),
  SetOptimizedModelFilePath: status(11, 'pointer', 'string'),
  DisableMemPattern: status(17, 'pointer'),
  DisableCpuMemArena: status(19, 'pointer'),
  SetSessionLogSeverityLevel: status(22, 'pointer', 'int'),
  SetSessionGraphOptimizationLevel: status(23, 'pointer', 'int'),
  SetIntraOpNumThreads: status(24, 'pointer', 'int'),
  CreateRunOptions: status(39, 'out'),
  RunOptionsSetTerminate: status(46, 'pointer'),
  RunOptionsUnsetTerminate: status(47, 'pointer'),
  CreateTensorWithDataAsOrtValue: status(49, 'pointer', 'memory', 'size', 'int64s', 'size', 'int', 'out'),
  CreateCpuMemoryInfo: status(69, 'int', 'int', 'out'),
  ReleaseEnv: release(92),
  ReleaseStatus: release(93),
  ReleaseMemoryInfo: release(94),
  ReleaseSession: release(95),
  ReleaseValue: release(96),
  ReleaseRunOptions: release(97),
  ReleaseSessionOptions: release(100),
  AddSessionConfigEntry: status(130, 'pointer', 'string', 'string'),
  RunWithBinding: status(133, 'pointer', 'pointer', 'pointer'),
  CreateIoBinding: status(134, 'pointer', 'out'),
  ReleaseIoBinding: release(135),
  BindInput: status(136, 'pointer', 'string', 'pointer'),
  BindOutput: status(137, 'pointer', 'string', 'pointer'),
  AddInitializer: status(150, 'pointer', 'string', 'pointer'),
  AddRunConfigEntry: status(165, 'pointer', 'string', 'string'),
  CreatePrepackedWeightsContainer: status(166, 'out'),
  ReleasePrepackedWeightsContainer: release(167),
  CreateSessionFromArrayWithPrepackedWeightsContainer: status(
    169,
    'pointer',
    'memory',
    'size',
    'pointer',
    'pointer',
    'out',
  ),
} as const satisfies Record<string, Signature>;

type FunctionName = keyof typeof table;

type NativeFunction = {
  (...args: unknown[]): unknown;
  async(...args: unknown[]): void;
};

const paramTypes: Readonly<Record<Exclude<Param, 'out'>, string>> = {
  pointer: 'void *',
  string: 'const char *',
  int: 'int',
  size: 'size_t',
  int64s: 'const int64_t *',
  memory: 'void *',
};
const resultTypes: Readonly<Record<Result, string>> = {
  status: 'void *',
  string: 'const char *',
  void: 'void',
  int: 'int',
};

/** Kept for the life of the process: koffi unloads a library that nobody references, whose functions then lead nowhere. */
let library: LibraryHandle | undefined;
let functions: Readonly<Record<FunctionName, NativeFunction>> | undefined;

/** Loads the library at the first call; `engine/runtime` where it cannot be. */
function load(): Readonly<Record<FunctionName, NativeFunction>> {
  if (functions !== undefined) return functions;
  returnLargeBlocks();
  library = loadLibrary();
  const base = library.func('OrtGetApiBase', 'void *', [])() as Pointer;
  const [getApi] = koffi.decode(base, koffi.array('void *', 1)) as [Pointer];
  const api = koffi.decode(getApi, koffi.proto('void *', ['uint32_t']))(apiVersion) as Pointer | null;
  if (api === null)
    throw new SkeinError('engine/runtime', `ONNX Runtime does not offer version ${apiVersion} of its API.`);
  const last = Math.max(...Object.values(table).map(entry => entry.index));
  const addresses = koffi.decode(api, koffi.array('void *', last + 1)) as Pointer[];
  functions = Object.fromEntries(
    Object.entries(table).map(([name, { index, result, params }]) => {
      const types = params.map(param =>
        param === 'out' ? koffi.out(koffi.pointer('void *')) : paramTypes[param],
      );
      return [
        name,
        koffi.decode(addresses[index], koffi.proto(resultTypes[result], types)) as NativeFunction,
      ];
    }),
  ) as Record<FunctionName, NativeFunction>;
  return functions;
}

/** The message of an OrtStatus as an error; the status is released. Undefined: all is well. */
function failure(state: unknown): SkeinError | undefined {
  if (state === null) return undefined;
  const { GetErrorMessage, ReleaseStatus } = load();
  const message = GetErrorMessage(state) as string;
  ReleaseStatus(state);
  return new SkeinError('engine/runtime', `ONNX Runtime: ${message}`);
}

/** Calls a function that returns a status; throws `engine/runtime` with ONNX Runtime's message. */
export function call(name: FunctionName, ...args: unknown[]): void {
  const error = failure(load()[name](...args));
  if (error !== undefined) throw error;
}

/** Calls a function whose last parameter is written: returns what was written. */
export function create(name: FunctionName, ...args: unknown[]): Pointer {
  const out: [Pointer | null] = [null];
  call(name, ...args, out);
  if (out[0] === null) throw new SkeinError('engine/runtime', `ONNX Runtime: ${name} made nothing.`);
  return out[0];
}

/** The same as `create` on a thread of libuv's pool. What the arguments point to must stay alive until it settles. */
export async function createAsync(name: FunctionName, ...args: unknown[]): Promise<Pointer> {
  const out: [Pointer | null] = [null];
  await callAsync(name, ...args, out);
  if (out[0] === null) throw new SkeinError('engine/runtime', `ONNX Runtime: ${name} made nothing.`);
  return out[0];
}

/** Releases what a `Create…` made. */
export function free(name: FunctionName & `Release${string}`, pointer: Pointer): void {
  load()[name](pointer);
}

/** The same as `call` on a thread of libuv's pool. What the arguments point to must stay alive until it settles. */
export function callAsync(name: FunctionName, ...args: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    load()[name].async(...args, (error: unknown, state: unknown) => {
      const problem = error === null || error === undefined ? failure(state) : error;
      if (problem === undefined) resolve();
      else reject(problem);
    });
  });
}
