// Listening as a promise.

import type { AddressInfo, Server } from 'node:net';
import { SkeinError, toSkeinError } from '../../core/errors.js';

/** Resolves with the port taken. Throws `net/port-busy`, `io/denied` (ports below 1024), `net/unreachable` (no such address). */
export function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const where = `${host}:${port}`;
      const data = { host, port };
      if (error.code === 'EADDRINUSE') {
        reject(
          new SkeinError('net/port-busy', `${where} is in use by another program.`, { data, cause: error }),
        );
      } else if (error.code === 'EACCES') {
        reject(
          new SkeinError('io/denied', `${where} may not be listened on by this user.`, {
            data,
            cause: error,
          }),
        );
      } else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
        reject(
          new SkeinError('net/unreachable', `${host} is no address of this machine.`, { data, cause: error }),
        );
      } else reject(toSkeinError(error));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      // Accepting may fail later (too many open files): the next attempt may succeed again.
      server.on('error', () => undefined);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops listening; the connections are the caller's to end. */
export const close = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve());
  });
