// What is kept of packed weights on this machine: listed, cleared, and bounded by age and size.

import { lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { isSkeinError, toSkeinError } from '../core/errors.js';
import { isWhole } from '../model/lowering/packedSeal.js';
import { openSource } from './files.js';
import { cacheFolder } from './paths.js';

export interface PackedModel {
  readonly folder: string;
  /** On disk, without the holes of its files. */
  readonly bytes: number;
  /** When it was opened last. */
  readonly usedMs: number;
}

const dayMs = 86_400_000;
export const packedLimits = { ageMs: 30 * dayMs, bytes: 8 * 1024 ** 3 } as const;

export const packedCacheFolder = (): string => path.join(cacheFolder(), 'packed');

/** The one used last first; none where there is no such folder. Throws `io/*`. */
export function listPacked(cache = packedCacheFolder()): PackedModel[] {
  return within(cache)
    .flatMap(folder => {
      const stats = attempt(() => lstatSync(folder));
      if (stats?.isDirectory() !== true) return [];
      return [{ folder, bytes: bytesWithin(folder), usedMs: stats.mtimeMs }];
    })
    .sort((a, b) => b.usedMs - a.usedMs);
}

export interface CheckedModel extends PackedModel {
  readonly files: number;
  /** Of these files, those that were damaged, and are removed. */
  readonly damaged: readonly string[];
}

/** Reads all of it through, whatever is remembered of it, and removes what is damaged: the next start packs that anew. Throws `io/*`. */
export function checkPacked(cache = packedCacheFolder()): CheckedModel[] {
  return listPacked(cache).map(model => {
    const files = within(model.folder).filter(file => file.endsWith('.packed'));
    const damaged = files.filter(file => attempt(() => wholeFile(file)) === false);
    for (const file of damaged) attempt(() => rmSync(file, { force: true }));
    return { ...model, files: files.length, damaged };
  });
}

function wholeFile(file: string): boolean {
  const source = openSource(file);
  try {
    return isWhole(source);
  } finally {
    source.close();
  }
}

/** Removes all of it: what runs goes on, and the next start packs anew. Throws `io/*`. */
export function clearPacked(cache = packedCacheFolder()): PackedModel[] {
  const found = listPacked(cache);
  for (const { folder } of found) attempt(() => rmSync(folder, { recursive: true, force: true }));
  return found;
}

/** Removes what was not opened for a month, and of the rest the longest unused beyond the bound; never `kept`. Throws `io/*`. */
export function boundPacked(
  cache: string,
  kept: string,
  limits: typeof packedLimits | { ageMs: number; bytes: number } = packedLimits,
): void {
  let bytes = 0;
  for (const one of listPacked(cache)) {
    bytes += one.bytes;
    const unused = Date.now() - one.usedMs > limits.ageMs || bytes > limits.bytes;
    if (unused && one.folder !== kept) attempt(() => rmSync(one.folder, { recursive: true, force: true }));
  }
}

/** Written or read within a second or two by whoever works on it; on slow disks longer. */
const scratchMs = 60_000;

/** Left in a model's folder by processes that were killed while they packed. Machines that share a folder do not see each other’s processes: a minute is enough for any matrix. */
export function removeAbandoned(folder: string): void {
  for (const file of within(folder)) {
    const name = path.basename(file);
    if (!name.startsWith('packing') && !name.endsWith('.part')) continue;
    const owner = Number(/\.(\d+)-[0-9a-f]+(?:\.part)?$/.exec(name)?.[1]);
    const ageMs = Date.now() - (attempt(() => statSync(file))?.mtimeMs ?? Date.now());
    if (ageMs > (isRunning(owner) ? dayMs : scratchMs)) attempt(() => rmSync(file, { force: true }));
  }
}

/** True where nothing is known of it. */
function isRunning(pid: number): boolean {
  try {
    return !(pid > 0) || process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const bytesWithin = (folder: string): number =>
  within(folder).reduce((sum, file) => sum + 512 * (attempt(() => lstatSync(file))?.blocks ?? 0), 0);

const within = (folder: string): string[] =>
  (attempt(() => readdirSync(folder)) ?? []).map(name => path.join(folder, name));

/** Others may remove the same at the same time: what is not there any more is no error. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    const error = toSkeinError(thrown);
    if (isSkeinError(error, 'io/not-found')) return undefined;
    throw error;
  }
}
