// The commands' client against a plain HTTP server: views in, the coordinator's error codes out, never a crash.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetClient } from '../../../cli/client.js';
import { SkeinError } from '../../../core/index.js';

let server: Server;
let url: string;
let answer: RequestListener;
const signal = new AbortController().signal;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const client = (): FleetClient => new FleetClient({ url, token: 'secret', signal });

async function failure(work: Promise<unknown>): Promise<SkeinError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SkeinError) return error;
  throw new Error(`Expected a typed failure, not ${String(error)}.`);
}

describe('the client', () => {
  it('sends token and body, and returns what the coordinator says', async () => {
    let seen: unknown;
    answer = (request, response) => {
      let body = '';
      request.on('data', part => {
        body += String(part);
      });
      request.on('end', () => {
        seen = { url: request.url, method: request.method, auth: request.headers.authorization, body };
        response.end('{"id":"a","token":"t","expiresMs":5}');
      });
    };
    expect(await client().addDevice('a')).toEqual({ id: 'a', token: 't', expiresMs: 5 });
    expect(seen).toEqual({ url: '/api/devices', method: 'POST', auth: 'Bearer secret', body: '{"id":"a"}' });
  });

  it('escapes what stands in a path', async () => {
    let path: string | undefined;
    answer = (request, response) => {
      path = request.url;
      response.end('{}');
    };
    await client().revokeDevice('../a b');
    expect(path).toBe('/api/devices/..%2Fa%20b/revoke');
  });

  it('keeps the code of a refusal', async () => {
    answer = (_, response) => {
      response.statusCode = 404;
      response.end('{"error":{"code":"device/not-found","message":"There is none.","data":{"id":"a"}}}');
    };
    const error = await failure(client().revokeDevice('a'));
    expect(error.toJSON()).toEqual({
      code: 'device/not-found',
      message: 'There is none.',
      data: { id: 'a' },
    });
  });

  it('does not take unknown codes over', async () => {
    answer = (_, response) => {
      response.statusCode = 500;
      response.end('{"error":{"code":"toString","message":"x"}}');
    };
    expect((await failure(client().status())).code).toBe('net/rejected');
  });

  it('arbitrary answers give a typed error or JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.json()),
        fc.constantFrom(200, 404, 500),
        async (text, status) => {
          answer = (_, response) => {
            response.statusCode = status;
            response.end(text);
          };
          const error = await client()
            .status()
            .then(
              () => undefined,
              (thrown: unknown) => thrown,
            );
          if (error !== undefined) expect(error).toMatchObject({ name: 'SkeinError', code: 'net/rejected' });
        },
      ),
    );
  });

  it('says so where nobody listens', async () => {
    const gone = createServer();
    await new Promise<void>(done => gone.listen(0, '127.0.0.1', done));
    const { port } = gone.address() as AddressInfo;
    await new Promise(done => gone.close(done));
    const error = await failure(new FleetClient({ url: `http://127.0.0.1:${port}`, token: '' }).status());
    expect(error.code).toBe('net/refused');
  });

  it('stops when it is told to', async () => {
    answer = () => {};
    const controller = new AbortController();
    const work = new FleetClient({ url, token: '', signal: controller.signal }).status();
    controller.abort(new SkeinError('cancelled', 'Stopped.'));
    expect((await failure(work)).code).toBe('cancelled');
    server.closeAllConnections();
  });
});
