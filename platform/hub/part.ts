// A file on its way: what has come of it stays in a folder of its own beside the target, and the next attempt, of this
// process or another, goes on with it. Whoever works on a part has renamed the folder to its own process id, so that two
// never write to one; a name that belongs to no living process may be taken over.

import { promises as fs } from 'node:fs';
import path from 'node:path';
import { sha256Hex, toHex } from '../../core/bytes.js';
import { systemRandom } from '../../core/random.js';

const prefix = '.part-';
/** In a name in place of the process id. */
const nobody = 0;
const abandonedMs = 7 * 86_400_000;

export interface Part {
  readonly file: string;
  size(): Promise<number>;
  /** What the server called this version when the first bytes came. */
  version(): Promise<string | undefined>;
  setVersion(version: string | undefined): Promise<void>;
  /** For the next attempt; without a byte it is removed. */
  leave(): Promise<void>;
  remove(): Promise<void>;
}

const isAlive = (pid: number): boolean => {
  if (pid === nobody) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** A part of what `key` names, in `folder`: the largest that nobody works on, or a new one. Throws what the file system throws. */
export async function claimPart(folder: string, key: string): Promise<Part> {
  const stem = `${prefix}${sha256Hex(key).slice(0, 16)}-`;
  const nameFor = (pid: number): string => path.join(folder, `${stem}${pid}-${toHex(systemRandom.bytes(4))}`);
  const own = nameFor(process.pid);
  if (!(await takeOver(folder, stem, own))) await fs.mkdir(own);
  const file = path.join(own, 'content');
  const versionFile = path.join(own, 'version');
  const size = (): Promise<number> => sizeOf(file);
  const remove = (): Promise<void> => fs.rm(own, { recursive: true, force: true });
  return {
    file,
    size,
    remove,
    version: () => fs.readFile(versionFile, 'utf8').catch(() => undefined),
    setVersion: version =>
      version === undefined ? fs.rm(versionFile, { force: true }) : fs.writeFile(versionFile, version),
    leave: async () => ((await size()) === 0 ? remove() : fs.rename(own, nameFor(nobody))),
  };
}

const sizeOf = (file: string): Promise<number> =>
  fs.stat(file).then(
    stat => stat.size,
    () => 0,
  );

async function takeOver(folder: string, stem: string, own: string): Promise<boolean> {
  const found: { readonly at: string; readonly size: number }[] = [];
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const at = path.join(folder, name);
    const pid = Number(name.split('-')[2]);
    if (isAlive(pid)) continue;
    if (name.startsWith(stem)) found.push({ at, size: await sizeOf(path.join(at, 'content')) });
    else await removeAbandoned(at);
  }
  for (const { at } of found.sort((a, b) => b.size - a.size)) {
    const taken = await fs.rename(at, own).then(
      () => true,
      // Another process was faster.
      () => false,
    );
    if (taken) return true;
  }
  return false;
}

async function removeAbandoned(at: string): Promise<void> {
  const stat = await fs.stat(at).catch(() => undefined);
  if (stat !== undefined && Date.now() - stat.mtimeMs > abandonedMs)
    await fs.rm(at, { recursive: true, force: true });
}
