// Asks a running daemon over its socket, as if the work were done in this process.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sha256Hex } from '../../core/bytes.js';
import { type ErrorCode, type ErrorData, SkeinError, toSkeinError } from '../../core/errors.js';
import type {
  AgentService,
  Operation,
  RequestHooks,
  Requests,
  Results,
  WorkProgress,
} from '../answering/requests.js';

/** The kernel's limit is 108 bytes on Linux and 104 on macOS: a deep data folder gets its socket elsewhere. */
const maxSocketPath = 100;

export function controlSocket(dataFolder: string): string {
  const socket = path.join(dataFolder, 'agent.sock');
  if (Buffer.byteLength(socket) <= maxSocketPath) return socket;
  return path.join(
    tmpdir(),
    `skein-agent-${process.getuid?.() ?? 0}-${sha256Hex(dataFolder).slice(0, 16)}.sock`,
  );
}

export function daemonRuns(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

type Line =
  | { readonly progress: WorkProgress }
  | { readonly result: unknown }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly data: ErrorData } };

export class ControlClient implements AgentService {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Throws what the daemon answers, and `net/refused` where it ends meanwhile. */
  async call<Op extends Operation>(
    operation: Op,
    request: Requests[Op],
    { signal, onProgress }: RequestHooks = {},
  ): Promise<Results[Op]> {
    const response = await this.#post(operation, JSON.stringify(request), signal);
    try {
      for await (const text of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        const line = JSON.parse(text) as Line;
        if ('result' in line) return line.result as Results[Op];
        if ('error' in line)
          throw new SkeinError(line.error.code, line.error.message, { data: line.error.data });
        onProgress?.(line.progress);
      }
    } catch (error) {
      if (error instanceof SkeinError) throw error;
      throw broken(error, signal);
    } finally {
      response.destroy();
    }
    throw broken(undefined, signal);
  }

  #post(operation: Operation, body: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        socketPath: this.#socket,
        method: 'POST',
        path: `/${operation}`,
        ...(signal && { signal }),
      });
      request.once('response', resolve);
      request.once('error', error => reject(broken(error, signal)));
      request.end(body);
    });
  }
}

const broken = (cause: unknown, signal: AbortSignal | undefined): SkeinError =>
  signal?.aborted === true
    ? toSkeinError(signal.reason)
    : new SkeinError('net/refused', 'The agent ended before it had answered.', { cause });
