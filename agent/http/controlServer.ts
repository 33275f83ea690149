// The daemon's local door: HTTP over a Unix socket that only its own user may open. Each request is answered by JSON
// lines: {"progress"} while it works, then {"result"} or {"error"}.

import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import { type AgentService, type Operation, type Requests, requestSchemas } from '../answering/requests.js';
import { daemonRuns } from './controlClient.js';

const maxBodyBytes = 64 * 1024 * 1024;

export class ControlServer {
  readonly #socket: string;
  readonly #service: AgentService;
  readonly #log: Log;
  #server: Server | undefined;

  constructor(options: { socket: string; service: AgentService; log: Log }) {
    this.#socket = options.socket;
    this.#service = options.service;
    this.#log = options.log;
  }

  /** Throws `net/port-busy` where another daemon runs on the same data folder. */
  async start(): Promise<void> {
    if (await daemonRuns(this.#socket)) {
      throw new SkeinError('net/port-busy', 'Another agent runs on this data folder.', {
        data: { socket: this.#socket },
      });
    }
    await rm(this.#socket, { force: true });
    const server = createServer((request, response) => void this.#serve(request, response));
    const mask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen(this.#socket, resolve),
      );
    } catch (error) {
      throw toSkeinError(error);
    } finally {
      process.umask(mask);
    }
    await chmod(this.#socket, 0o600);
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>(resolve => server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort(new SkeinError('cancelled', 'The caller is gone.')));
    const line = (value: unknown): void => {
      if (!response.destroyed) response.write(`${JSON.stringify(value)}\n`);
    };
    response.setHeader('content-type', 'application/x-ndjson');
    try {
      const operation = operationOf(request);
      const asked = parse(operation, await readBody(request));
      const onProgress = (progress: unknown): void => line({ progress });
      line({ result: await this.#service.call(operation, asked, { signal: gone.signal, onProgress }) });
    } catch (error) {
      const known = toSkeinError(error);
      if (known.code === 'internal') this.#log.error({ err: error }, 'a local request failed');
      line({ error: known.toJSON() });
    }
    response.end();
  }
}

function operationOf(request: IncomingMessage): Operation {
  const name = (request.url ?? '').slice(1);
  if (request.method === 'POST' && Object.hasOwn(requestSchemas, name)) return name as Operation;
  throw new SkeinError('usage', 'The agent does not know this request.');
}

function parse<Op extends Operation>(operation: Op, body: Uint8Array): Requests[Op] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new SkeinError('usage', 'The request is not JSON.');
  }
  const result = requestSchemas[operation].safeParse(value);
  if (result.success) return result.data as Requests[Op];
  const at = result.error.issues.map(issue => issue.path.map(String).join('.') || 'the whole').slice(0, 8);
  throw new SkeinError('usage', `The request is not valid at ${at.join(', ')}.`);
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Uint8Array).length;
    if (size > maxBodyBytes) throw new SkeinError('usage', `A request has at most ${maxBodyBytes} bytes.`);
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts);
}
