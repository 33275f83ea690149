// PEFT folders on disk: whole or not there.

import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { toSkeinError } from '../core/errors.js';
import type { Adapter } from '../model/engine/types.js';
import { decodePeft, type PeftFolder, peftFiles } from '../model/formats/peft.js';
import { maxBlobBytes } from '../proto/topics.js';
import { ensureFolder, readBounded, writeFileAtomic } from './files.js';

const names = Object.values(peftFiles);

/** Throws `io/not-found` and other `io/*`, `adapter/invalid`, `safetensors/invalid`. */
export async function readAdapterFolder(folder: string): Promise<Adapter> {
  const files = await Promise.all(
    names.map(async name => [name, await readBounded(path.join(folder, name), maxBlobBytes)] as const),
  );
  return decodePeft(Object.fromEntries(files));
}

/** Replaces the folder, whatever is in it; `more` are files beside the adapter's own. */
export async function writeAdapterFolder(
  folder: string,
  files: PeftFolder,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const fresh = `${folder}.skein-new`;
  const old = `${folder}.skein-old`;
  try {
    for (const left of [fresh, old]) await rm(left, { recursive: true, force: true });
    await ensureFolder(fresh, 0o700);
    for (const [name, content] of [...Object.entries(files), ...Object.entries(more)]) {
      await writeFileAtomic(path.join(fresh, name), content, 0o600);
    }
    // Two renames, so that there is hardly a moment without an adapter.
    if (existsSync(folder)) await rename(folder, old);
    await rename(fresh, folder);
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    throw toSkeinError(error);
  }
}
