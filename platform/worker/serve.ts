// Serves one model over the IPC channel of a child process, and dies with its parent.

import { toSkeinError } from '../../core/errors.js';
import type { OpenModel } from '../../model/engine/types.js';
import { ModelHost } from './host.js';
import type { FromChild, ToChild } from './protocol.js';

export function serveModel(open: OpenModel): void {
  let host: ModelHost | undefined;
  const running = new Map<number, AbortController>();
  const send = (message: FromChild): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const call = async (message: Extract<ToChild, { type: 'call' }>): Promise<void> => {
    const { id } = message;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const onProgress = (progress: unknown): void => send({ type: 'progress', id, progress });
      const value = await host?.handle(message.call, { signal: controller.signal, onProgress });
      send({ type: 'result', id, value });
    } catch (error) {
      send({ type: 'error', id, error: toSkeinError(error).toJSON() });
    } finally {
      running.delete(id);
    }
  };
  process.on('message', (message: ToChild) => {
    switch (message.type) {
      case 'open':
        host = new ModelHost(open, message.options);
        break;
      case 'adapter':
        host?.keep(message.key, message.adapter);
        break;
      case 'forget':
        host?.forget(message.key);
        break;
      case 'call':
        void call(message);
        break;
      case 'cancel':
        running.get(message.id)?.abort();
        break;
    }
  });
  // Ctrl-C reaches the whole process group: the parent decides what ends when.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  // Nothing of the child's needs a farewell: checkpoints are whole on disk or not there. A plain exit would tear down
  // the runtime while its threads work.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
