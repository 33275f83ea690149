// The folder that a command writes an adapter to: nothing but an adapter is ever replaced.

import { readdir } from 'node:fs/promises';
import { SkeinError, toSkeinError } from '../../../core/index.js';
import { peftFiles } from '../../../model/formats/peft.js';

/** Throws `usage` where the folder holds something else, and `io/*`. */
export async function checkOut(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (thrown) {
    const error = toSkeinError(thrown);
    if (error.code === 'io/not-found') return;
    throw error;
  }
  if (names.length === 0 || names.includes(peftFiles.config)) return;
  throw new SkeinError('usage', `${folder} holds something that is no adapter: give another --out.`, {
    data: { path: folder },
  });
}
