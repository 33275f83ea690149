// Finds ONNX Runtime's shared library inside the package onnxruntime-node and loads it.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { SkeinError } from '../../core/errors.js';

const fileNames: Readonly<Record<string, readonly string[]>> = {
  linux: ['libonnxruntime.so.1'],
  darwin: ['libonnxruntime.1.dylib', 'libonnxruntime.dylib'],
  win32: ['onnxruntime.dll'],
};

/** The folder of the package onnxruntime-node. */
export const packageFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

export function loadLibrary(platform: string = process.platform, arch: string = process.arch): LibraryHandle {
  const where = `${platform}-${arch}`;
  const missing = (reason: string, cause?: unknown): SkeinError =>
    new SkeinError('engine/runtime', `ONNX Runtime cannot be loaded on ${where}: ${reason}.`, {
      data: { platform: where },
      cause,
    });
  let root: string;
  try {
    root = packageFolder();
  } catch (error) {
    throw missing('the package onnxruntime-node is not installed', error);
  }
  const folder = join(root, 'bin', 'napi-v6', platform, arch);
  const names = fileNames[platform] ?? [];
  const file = names.map(name => join(folder, name)).find(path => existsSync(path));
  if (file === undefined) throw missing('the package onnxruntime-node has no library for this platform');
  // From 1.30 on, the library reports its use to its maker over HTTPS unless this is set before it is loaded. Nothing may
  // leave a device but through the gate, so it is not a default that the environment could change back.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  // Attention in tiles saves scratch memory in long prompts, which run in pieces here; a token after 1,800 others then takes
  // a twelfth longer. Whoever has set it has a reason.
  process.env.ORT_GQA_DISABLE_FLASH_ATTENTION ??= '1';
  try {
    return koffi.load(file);
  } catch (error) {
    throw missing(error instanceof Error ? error.message : String(error), error);
  }
}

/** Parameters of mallopt, from malloc.h. */
const mallocParameters = { trimThreshold: -1, mmapThreshold: -3 } as const;
/** Blocks from which on malloc asks the system for memory of their own, and what may lie free at the end of its own. */
const giving = { mmapThreshold: 256 * 1024, trimThreshold: 256 * 1024 } as const;
const keeping = { mmapThreshold: 8 * 1024 * 1024, trimThreshold: 8 * 1024 * 1024 } as const;

interface Malloc {
  readonly set: (parameter: number, value: number) => number;
  readonly trim: ReturnType<LibraryHandle['func']>;
}
let malloc: Malloc | undefined;

function setMalloc(values: Readonly<Record<keyof typeof mallocParameters, number>>): void {
  for (const [name, parameter] of Object.entries(mallocParameters))
    malloc?.set(parameter, values[name as keyof typeof mallocParameters]);
}

/**
 * Has glibc give large blocks back to the system as soon as they are freed. By itself it raises the threshold with every
 * large block freed, up to 32 MB, and the weights that are packed once then leave holes that stay resident: 270 MB after a
 * training session has opened. Elsewhere malloc has no such setting.
 */
export function returnLargeBlocks(): void {
  if (process.platform !== 'linux') return;
  try {
    const system = koffi.load(null);
    malloc = {
      set: system.func('mallopt', 'int', ['int', 'int']),
      trim: system.func('malloc_trim', 'int', ['size_t']),
    };
    setMalloc(giving);
  } catch {
    // musl: its malloc gives large blocks back anyway.
  }
}

let keepers = 0;

/**
 * Has freed blocks kept for the next ones until the function returned is called, and then given back. A session that opens
 * packs matrix after matrix into a block that it frees again: with fresh memory for each, a third of its time is page faults.
 */
export function keepFreedBlocks(): () => void {
  if (keepers++ === 0) setMalloc(keeping);
  return () => {
    if (--keepers > 0) return;
    setMalloc(giving);
    malloc?.trim.async(0, () => undefined);
  };
}
