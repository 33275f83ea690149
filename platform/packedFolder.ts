// The folder of a model's packed weights on disk: in the user's cache, named after the model's files as they are now.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { isSkeinError, SkeinError, toSkeinError } from '../core/errors.js';
import type { PackedFolder } from '../model/formats/packedFolder.js';
import { openSource } from './files.js';

const monthMs = 30 * 86_400_000;

/** Made when something is first written; folders beside it that nobody has opened for a month are then removed. */
export function openPackedFolder(folder: string): PackedFolder {
  let used = false;
  const use = (): void => {
    if (used) return;
    used = true;
    utimesSync(folder, new Date(), new Date());
  };
  const at = (name: string): string => {
    if (name !== path.basename(name))
      throw new SkeinError('io/invalid', `${JSON.stringify(name)} is no name of a file.`);
    return path.join(folder, name);
  };
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw ioError(error);
    }
  };
  return {
    path: folder,
    open(name) {
      try {
        const source = openSource(at(name));
        use();
        return source;
      } catch (error) {
        if (isSkeinError(error, 'io/not-found')) return undefined;
        throw ioError(error);
      }
    },
    write(name, size, pieces) {
      const target = at(name);
      attempt(() => {
        if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) removeUnused(folder);
        const part = `${target}.${randomBytes(6).toString('hex')}.part`;
        try {
          const descriptor = openSync(part, 'wx', 0o600);
          try {
            ftruncateSync(descriptor, size);
            for (const { at: start, bytes } of pieces) writeAll(descriptor, bytes, start);
          } finally {
            closeSync(descriptor);
          }
          renameSync(part, target);
        } catch (error) {
          rmSync(part, { force: true });
          throw error;
        }
      });
    },
    remove(name) {
      attempt(() => rmSync(at(name), { force: true }));
    },
  };
}

/** Whatever is wrong with the place, a reader can do without it. */
function ioError(error: unknown): SkeinError {
  const known = toSkeinError(error);
  return known.code.startsWith('io/') ? known : new SkeinError('io/invalid', known.message, { cause: known });
}

function removeUnused(folder: string): void {
  const parent = path.dirname(folder);
  for (const name of readdirSync(parent)) {
    const other = path.join(parent, name);
    if (other !== folder && Date.now() - statSync(other).mtimeMs > monthMs)
      rmSync(other, { recursive: true, force: true });
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, start: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done, start + done);
}
