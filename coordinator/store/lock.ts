// One coordinator a folder: a transaction that stays open holds the lock, and the system ends it with the process.

import path from 'node:path';
import { isSkeinError, SkeinError } from '../../core/errors.js';
import { openDatabase } from '../../platform/database.js';

/** Returns what gives the folder free again. Throws `io/denied` where another coordinator runs on it, and other `io/*`. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = await openDatabase(path.join(folder, 'coordinator.lock'), []);
  let release: () => void = () => undefined;
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const hold = async (): Promise<void> => {
        resolve();
        await released;
      };
      lock.transaction(hold).catch(reject);
    });
  } catch (cause) {
    await lock.close();
    if (!isSkeinError(cause, 'io/denied')) throw cause;
    throw new SkeinError('io/denied', `Another coordinator runs on ${folder}.`, {
      data: { path: folder },
      cause,
    });
  }
  return async () => {
    release();
    await lock.close();
  };
}
