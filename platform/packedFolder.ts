// The folder of a model's packed weights on disk: in the user's cache, named after the model's files as they are now.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { SkeinError, toSkeinError } from '../core/errors.js';
import type { PackedFolder } from '../model/formats/packedFolder.js';
import { CheckedFiles } from './checkedFiles.js';
import { openSource } from './files.js';
import { boundPacked, removeAbandoned } from './packedCache.js';

/** Made when something is first written; folders beside it that were long unused are then removed. What cannot be written is warned of once. */
export function openPackedFolder(folder: string): PackedFolder {
  // Of this process, so that others know when it is gone.
  const unique = (): string => `${process.pid}-${randomBytes(6).toString('hex')}`;
  let used = false;
  const use = (): void => {
    if (used) return;
    used = true;
    try {
      removeAbandoned(folder);
      utimesSync(folder, new Date(), new Date());
    } catch {
      // Of somebody else, or on a disk that is not written to: it is as good to read.
    }
  };
  let begun = false;
  const begin = (): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (begun) return;
    begun = true;
    boundPacked(path.dirname(folder), folder);
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
  const refused = (thrown: unknown): SkeinError => {
    const error = ioError(thrown);
    warn(folder, error);
    return error;
  };
  const checked = new CheckedFiles(folder);
  return {
    path: folder,
    unique: unique(),
    open(name) {
      try {
        if (holesTakeRoom(folder) && hasHoles(at(name))) return undefined;
        const source = openSource(at(name));
        use();
        return source;
      } catch (error) {
        const known = ioError(error);
        if (known.code === 'io/not-found') return undefined;
        throw refused(known);
      }
    },
    write(name, size, pieces) {
      const target = at(name);
      const written = (): void => {
        begin();
        const part = `${target}.${unique()}.part`;
        try {
          const descriptor = openSync(part, 'wx', 0o600);
          try {
            if (holesTakeRoom(folder)) writeZeros(descriptor, size);
            else ftruncateSync(descriptor, size);
            for (const { at: start, bytes } of pieces) writeAll(descriptor, bytes, start);
          } finally {
            closeSync(descriptor);
          }
          renameSync(part, target);
        } catch (error) {
          rmSync(part, { force: true });
          throw error;
        }
      };
      try {
        written();
      } catch (thrown) {
        throw refused(thrown);
      }
    },
    remove(name) {
      attempt(() => rmSync(at(name), { force: true }));
    },
    known: name => checked.known(at(name)),
    remember: name => checked.remember(at(name)),
    damaged(name) {
      const text = `${at(name)} is damaged, and perhaps others beside it. The model runs, and packs these weights anew.`;
      warnOnce(`damaged ${folder}`, text, 'io/invalid');
    },
  };
}

/** Whatever is wrong with the place, a reader can do without it. */
function ioError(error: unknown): SkeinError {
  const known = toSkeinError(error);
  return known.code.startsWith('io/') ? known : new SkeinError('io/invalid', known.message, { cause: known });
}

/** It costs nothing but the time to pack at every start, which somebody may want to know. */
const warn = (folder: string, { message, code }: SkeinError): void =>
  warnOnce(
    folder,
    `Packed weights cannot be kept in ${folder}: ${message} The model runs, and packs them anew at every start.`,
    code,
  );

const warned = new Set<string>();

function warnOnce(about: string, text: string, code: string): void {
  if (warned.has(about)) return;
  warned.add(about);
  process.emitWarning(text, { type: 'SkeinWarning', code });
}

const tmpfs = 0x01021994;

/**
 * A hole of a file in memory takes room when it is read through a mapping, and where there is none the process is killed
 * (SIGBUS). So there are none.
 */
const holesTakeRoom = (folder: string): boolean =>
  process.platform === 'linux' && statfsSync(folder).type === tmpfs;

function hasHoles(file: string): boolean {
  const { blocks, size } = statSync(file);
  return blocks * 512 < size;
}

const zeros = new Uint8Array(1 << 18);

function writeZeros(descriptor: number, size: number): void {
  for (let at = 0; at < size; at += zeros.length) writeAll(descriptor, zeros.subarray(0, size - at), at);
}

function writeAll(descriptor: number, bytes: Uint8Array, start: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done, start + done);
}
