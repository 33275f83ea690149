// The two things that one process has once: ONNX Runtime's environment and the description of CPU memory.

import { create, type Pointer } from './api.js';

/** ORT_LOGGING_LEVEL_FATAL: errors come back as statuses, so nothing is to be said on standard error. */
export const silent = 4;

let environmentPointer: Pointer | undefined;
let memoryPointer: Pointer | undefined;

/** Lives as long as the process: ONNX Runtime wants it to outlive every session. */
export const environment = (): Pointer => (environmentPointer ??= create('CreateEnv', silent, 'skein'));

/** OrtDeviceAllocator (0), OrtMemTypeDefault (0): memory that the caller owns. */
export const cpuMemory = (): Pointer => (memoryPointer ??= create('CreateCpuMemoryInfo', 0, 0));
