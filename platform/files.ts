// Files that are whole or not there: atomic writes, bounded reads, hashes, random access.

import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ByteSource } from '../core/bytes.js';
import { toHex } from '../core/bytes.js';
import { SkeinError, toSkeinError } from '../core/errors.js';
import { systemRandom } from '../core/random.js';

/** Readers see the old content or the new one, never a part, also after a power cut. Throws `io/*`. */
export async function writeFileAtomic(
  file: string,
  content: Uint8Array | string,
  mode = 0o644,
): Promise<void> {
  const temporary = `${file}.${toHex(systemRandom.bytes(6))}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw toSkeinError(error, file);
  }
}

/** A rename is durable only when the folder's own entry is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the folder and its parents; `mode` is that of new ones. Throws `io/*`. */
export async function ensureFolder(folder: string, mode = 0o755): Promise<void> {
  try {
    await makeFolder(path.resolve(folder), mode);
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === 'EEXIST' ||
      (error as NodeJS.ErrnoException).code === 'ENOTDIR'
    ) {
      throw new SkeinError('io/denied', `${folder} is not a folder.`, {
        data: { path: folder },
        cause: error,
      });
    }
    throw toSkeinError(error);
  }
}

/** Not `recursive`: below /proc, where nobody can make a folder, Node would try for ever. */
async function makeFolder(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    if (!existsSync(parent)) await makeFolder(parent, mode);
    // Once more only: another process may have made the parent, or this one, meanwhile, and that is as good.
    await mkdir(folder, { mode }).catch(again => {
      if ((again as NodeJS.ErrnoException).code !== 'EEXIST') throw again;
    });
  }
}

/** The whole file, at most `maxBytes`; a larger one is `io/invalid` before it is read. */
export async function readBounded(file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw tooLarge(file, maxBytes);
      // A file may grow between stat and read, and a pipe has no size: never more than one byte past the limit.
      const buffer = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(size, 65_536)) + 1);
      const parts: Buffer[] = [];
      let total = 0;
      for (;;) {
        const { bytesRead } = await handle.read(
          buffer,
          0,
          Math.min(buffer.length, maxBytes + 1 - total),
          null,
        );
        if (bytesRead === 0) break;
        total += bytesRead;
        if (total > maxBytes) throw tooLarge(file, maxBytes);
        parts.push(Buffer.from(buffer.subarray(0, bytesRead)));
      }
      return new Uint8Array(Buffer.concat(parts));
    } finally {
      await handle.close();
    }
  } catch (error) {
    const known = toSkeinError(error);
    // The system gives no name with a folder that cannot be read as a file.
    if (known.data.path !== undefined) throw known;
    return naming(file, () => {
      throw known;
    });
  }
}

const tooLarge = (file: string, maxBytes: number): SkeinError =>
  new SkeinError('io/invalid', `${file} is larger than ${maxBytes} bytes.`, {
    data: { path: file, maxBytes },
  });

/** Random access to a file by pread. Throws `io/*`; reads past the end are `io/invalid`. */
export function openSource(file: string): ByteSource & { close(): void } {
  let descriptor: number;
  let size: number;
  try {
    descriptor = openSync(file, 'r');
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      closeSync(descriptor);
      throw new SkeinError('io/invalid', `${file} is not a file.`, { data: { path: file } });
    }
    size = stat.size;
  } catch (error) {
    throw toSkeinError(error);
  }
  let open = true;
  return {
    size,
    read(offset, length) {
      if (!open || offset < 0 || length < 0 || offset + length > size) {
        const data = { path: file, offset, length, size };
        throw new SkeinError('io/invalid', `${file}: no ${length} bytes at ${offset}.`, { data });
      }
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const read = readSync(descriptor, bytes, done, length - done, offset + done);
        if (read === 0)
          throw new SkeinError('io/invalid', `${file} became shorter.`, { data: { path: file } });
        done += read;
      }
      return bytes;
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/** What is wrong with a file is of use only with its name: the error that `work` throws gets it. */
export function naming<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const error = toSkeinError(thrown);
    throw new SkeinError(error.code, `${file}: ${error.message}`, {
      data: { ...error.data, path: file },
      cause: error,
    });
  }
}

/** SHA-256 of the file's content in hex. Throws `io/*`. */
export async function fileSha256(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(file, { highWaterMark: 1 << 20, ...(signal && { signal }) })) {
      hash.update(part as Buffer);
    }
  } catch (error) {
    throw toSkeinError(error);
  }
  return hash.digest('hex');
}
