// One daemon a folder: a transaction that stays open holds the lock, and the system ends it with the process.

import path from 'node:path';
import { isSkeinError, SkeinError } from '../core/errors.js';
import { openDatabase } from './database.js';

/**
 * `who` is `coordinator` or `agent`. Returns what gives the folder free again. Refuses at once, with `io/locked`, where
 * another one runs on it; throws other `io/*`.
 */
export async function lockFolder(folder: string, who: string): Promise<() => Promise<void>> {
  try {
    return await hold(path.join(folder, `${who}.lock`));
  } catch (cause) {
    if (!isSkeinError(cause, 'io/locked')) throw cause;
    const message = `Another ${who} runs on ${folder}.`;
    throw new SkeinError('io/locked', message, { data: { path: folder }, cause });
  }
}

async function hold(file: string): Promise<() => Promise<void>> {
  // Whoever holds it holds it for as long as it runs: there is nothing to wait for.
  const lock = await openDatabase(file, [], { busyMs: 0 });
  let release: () => void = () => undefined;
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const held = async (): Promise<void> => {
        resolve();
        await released;
      };
      lock.transaction(held).catch(reject);
    });
  } catch (error) {
    await lock.close();
    throw error;
  }
  return async () => {
    release();
    await lock.close();
  };
}
