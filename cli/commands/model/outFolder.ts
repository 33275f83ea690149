// The folder that a command writes an adapter to: it is told before the work whether it can be, and nothing but an adapter is
// ever replaced.

import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import { SkeinError, toSkeinError } from '../../../core/index.js';
import { peftFiles } from '../../../model/formats/peft.js';
import { ensureFolder } from '../../../platform/files.js';

const adapterFiles: readonly string[] = Object.values(peftFiles);

/**
 * The folder's whole path; its parents are made. Throws `usage` where something else is there that a new adapter would take
 * away, and `io/*` where nothing can be written.
 */
export async function checkOut(folder: string): Promise<string> {
  const at = path.resolve(folder);
  const refuse = (why: string): SkeinError =>
    new SkeinError('usage', `${folder} ${why}: give another --out.`, { data: { path: folder } });
  // The folder is exchanged as a whole: whoever stands in it would stand nowhere.
  const inside = path.relative(at, process.cwd());
  if (!inside.startsWith('..') && !path.isAbsolute(inside)) throw refuse('is where you are');
  const names = await namesIn(at);
  if (names === 'a file') throw refuse('is a file');
  const other = names.find(name => !adapterFiles.includes(name));
  if (other !== undefined) throw refuse(`holds ${other}, which is no part of an adapter`);
  try {
    await ensureFolder(path.dirname(at));
    await fs.access(path.dirname(at), constants.W_OK);
  } catch (error) {
    throw toSkeinError(error);
  }
  return at;
}

async function namesIn(folder: string): Promise<readonly string[] | 'a file'> {
  try {
    return (await fs.stat(folder)).isDirectory() ? await fs.readdir(folder) : 'a file';
  } catch (thrown) {
    const error = toSkeinError(thrown);
    if (error.code === 'io/not-found') return [];
    throw error;
  }
}
