// A small HTTP server that speaks the operator's API for a state that the test writes, and serves the built page.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FleetEvent } from '../../proto/api.js';
import type { FleetFixture } from './fleetFixture.js';

const page = fileURLToPath(new URL('../../dist/coordinator/dashboard', import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface Post {
  readonly path: string;
  readonly body: unknown;
}

type Answer = (
  post: Post,
) => { readonly status?: number; readonly body: unknown } | Promise<{ status?: number; body: unknown }>;

export class ScriptedCoordinator {
  readonly token = 'operator-token-of-the-test';
  state: FleetFixture;
  /** Every POST that came, in order. */
  readonly posts: Post[] = [];
  /** What POSTs are answered with. */
  answer: Answer = () => ({
    status: 404,
    body: { error: { code: 'internal', message: 'not scripted', data: {} } },
  });
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  #down = false;
  #silent = false;

  constructor(state: FleetFixture) {
    this.state = state;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(error => response.writeHead(500).end(String(error)));
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Pages that follow the fleet right now. */
  get followers(): number {
    return this.#streams.size;
  }

  push(event: FleetEvent): void {
    for (const stream of this.#streams)
      stream.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** As if the network swallowed everything: open connections stay, nothing is answered. */
  goSilent(): void {
    this.#silent = true;
  }

  /** As if the coordinator's machine went away: connections break, and new ones are refused until `comeBack`. */
  goAway(): void {
    this.#down = true;
    for (const stream of this.#streams) stream.destroy();
  }

  comeBack(): void {
    this.#down = false;
    this.#silent = false;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#down) {
      request.socket.destroy();
      return;
    }
    if (this.#silent) return;
    const url = new URL(request.url ?? '/', this.url);
    if (!url.pathname.startsWith('/api/')) {
      await this.#file(url.pathname, response);
      return;
    }
    const given = request.headers.authorization ?? `Bearer ${url.searchParams.get('token')}`;
    if (given !== `Bearer ${this.token}`) {
      send(response, 401, {
        error: { code: 'identity/token', message: 'The operator token is not valid.', data: {} },
      });
      return;
    }
    const route = url.pathname.slice('/api/'.length);
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const post = { path: route, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
      this.posts.push(post);
      const { status = 200, body } = await this.answer(post);
      send(response, status, body);
    } else if (route === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': hello\n\n');
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
    } else {
      const { status, devices, tasks, rounds, releases } = this.state;
      const views: Record<string, unknown> = {
        status,
        devices: { devices },
        tasks: { tasks },
        rounds: { rounds },
        releases: { releases },
      };
      send(response, route in views ? 200 : 404, views[route] ?? {});
    }
  }

  async #file(pathname: string, response: ServerResponse): Promise<void> {
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    const content = await readFile(path.join(page, path.normalize(`/${name}`))).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': types[path.extname(name)] ?? 'application/octet-stream',
      'content-security-policy': "default-src 'self'",
    });
    response.end(content);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
