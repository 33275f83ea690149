// The operator's HTTP server: API, events and dashboard on loopback.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import { apiRoutes } from './api.js';
import { publicError } from './errors.js';
import { hostGuard, tokenGuard } from './guard.js';
import type { Operator } from './operator.js';
import { pageRoutes, readPages } from './pages.js';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Further host names under which the server may be asked, for a proxy in front of it. */
  readonly names: readonly string[];
  readonly token: string;
  readonly operator: Operator;
  readonly log: Log;
  /** Default: where the build puts the dashboard. */
  readonly dashboard?: string;
}

export class HttpServer {
  readonly #options: HttpOptions;
  #server: Server | undefined;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Resolves with the port when requests are taken. Throws `net/port-busy` and other `net/*` or `io/*`. */
  async start(): Promise<number> {
    const { host, port, dashboard } = this.#options;
    const pages = await readPages(dashboard === undefined ? undefined : [dashboard]);
    const server = createAdaptorServer({
      fetch: this.#app(pages).fetch,
      serverOptions: { requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    }) as Server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', error => reject(listenError(error, host, port)));
      server.listen(port, host, resolve);
    });
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>(resolve => {
      server.close(() => resolve());
      // Event streams would stay open for ever.
      server.closeAllConnections();
    });
  }

  #app(pages: Awaited<ReturnType<typeof readPages>>): Hono {
    const { token, operator, log, names, host } = this.#options;
    const app = new Hono();
    app.use(hostGuard(['127.0.0.1', 'localhost', '[::1]', host, ...names]));
    app.use('/api/*', async (c, next) => {
      c.header('cache-control', 'no-store');
      c.header('x-content-type-options', 'nosniff');
      await next();
    });
    app.use(
      '/api/*',
      tokenGuard(token, path => path === '/api/events'),
    );
    app.route('/api', apiRoutes(operator));
    app.route('/', pageRoutes(pages));
    app.notFound(() => {
      throw new SkeinError('api/not-found', 'There is nothing at this address.');
    });
    app.onError((thrown, c) => {
      const { status, body } = publicError(thrown);
      if (status >= 500)
        log.error({ path: c.req.path, code: body.error.code, err: toSkeinError(thrown) }, 'request failed');
      else log.debug({ path: c.req.path, code: body.error.code }, 'request refused');
      c.header('cache-control', 'no-store');
      return c.json(body, status);
    });
    return app;
  }
}

function listenError(error: Error, host: string, port: number): SkeinError {
  const known = toSkeinError(error);
  if (known.code !== 'net/port-busy') return known;
  return new SkeinError('net/port-busy', `Port ${port} on ${host} is in use by another program.`, {
    data: { host, port },
    cause: error,
  });
}
