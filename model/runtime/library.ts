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

/** M_MMAP_THRESHOLD of malloc.h, and blocks from which on malloc asks the system for memory of their own. */
const mmapThreshold = { parameter: -3, bytes: 256 * 1024 };

/**
 * Has glibc give large blocks back to the system as soon as they are freed. By itself it raises the threshold with every
 * large block freed, up to 32 MB, and the weights that are packed once then leave holes that stay resident: 270 MB after a
 * training session has opened. Elsewhere malloc has no such setting.
 */
export function returnLargeBlocks(): void {
  if (process.platform !== 'linux') return;
  try {
    const mallopt = koffi.load(null).func('mallopt', 'int', ['int', 'int']);
    mallopt(mmapThreshold.parameter, mmapThreshold.bytes);
  } catch {
    // musl: its malloc gives large blocks back anyway.
  }
}
