// The operator's HTTP server over a scripted operator: hosts, tokens, bodies, errors that keep inner matters inside, events.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operator } from '../../../coordinator/http/operator.js';
import { HttpServer } from '../../../coordinator/http/server.js';
import { SkeinError } from '../../../core/errors.js';
import { silentLog } from '../../../platform/log.js';
import type { FleetEvent, StatusView } from '../../../proto/api.js';

const token = 'operator-token';
const listeners = new Set<(event: FleetEvent) => void>();
let failure: unknown;
const operator = {
  status: async () => ({ fleet: 'hospital' }) as StatusView,
  devices: async () => {
    throw failure;
  },
  addDevice: async (id: string) => ({ id, token: 't', expiresMs: 1 }),
  follow: (listener: (event: FleetEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
} as unknown as Operator;

const server = new HttpServer({
  host: '127.0.0.1',
  port: 0,
  names: ['skein.example.org'],
  token,
  operator,
  log: silentLog,
  dashboard: '/nowhere',
});
let port: number;
beforeAll(async () => {
  port = await server.start();
});
afterAll(() => server.stop());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: {
    readonly error?: { readonly code: string; readonly message: string; readonly data: object };
  };
}

function ask(
  path: string,
  { host = `127.0.0.1:${port}`, auth = `Bearer ${token}`, body = undefined as string | undefined } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(
      { port, path, method, headers: { host, ...(auth !== '' && { authorization: auth }) } },
      answer => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({
            status: answer.statusCode!,
            headers: answer.headers,
            body: text === '' ? {} : JSON.parse(text),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('the HTTP server', () => {
  it('answers only under its own names', async () => {
    for (const host of [`127.0.0.1:${port}`, 'localhost', '[::1]:80', 'SKEIN.example.org']) {
      expect((await ask('/api/status', { host })).status, host).toBe(200);
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', '127.0.0.1.', '[::2]', '0']) {
      const { status, body } = await ask('/api/status', { host });
      expect([status, body.error?.code], host).toEqual([421, 'api/host']);
    }
    // Whatever is no host at all does not get as far as that.
    for (const host of ['localhost@evil.example', 'local host', ':80']) {
      expect([400, 421], host).toContain((await ask('/api/status', { host })).status);
    }
  });

  it('answers only with the token, and takes it from the address for events alone', async () => {
    for (const auth of ['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`, `bearer ${token}`]) {
      const { status, body } = await ask('/api/status', { auth });
      expect([status, body.error?.code], auth).toEqual([401, 'api/token']);
    }
    expect((await ask(`/api/status?token=${token}`, { auth: '' })).status).toBe(401);
    expect((await ask('/api/nothing', { auth: '' })).status).toBe(401);
    expect((await ask('/api/nothing')).body.error?.code).toBe('api/not-found');
  });

  it('keeps answers out of caches', async () => {
    expect((await ask('/api/status')).headers['cache-control']).toBe('no-store');
    expect((await ask('/api/status', { auth: '' })).headers['cache-control']).toBe('no-store');
  });

  it('tells what is wrong with a request, and nothing of the machine', async () => {
    const error = async (thrown: unknown) => {
      failure = thrown;
      const { status, body } = await ask('/api/devices');
      return [status, body.error?.code, JSON.stringify(body)] as const;
    };
    const [missing, code, text] = await error(new SkeinError('device/not-found', 'There is no device x.'));
    expect([missing, code]).toEqual([404, 'device/not-found']);
    expect(text).toContain('There is no device x.');
    for (const inner of [
      new Error('/srv/secret/place'),
      new SkeinError('io/denied', 'No permission: /srv/secret/place', {
        data: { path: '/srv/secret/place' },
      }),
      Object.assign(new Error('ENOSPC /srv/secret/place'), { code: 'ENOSPC', path: '/srv/secret/place' }),
    ]) {
      const [status, , text] = await error(inner);
      expect(status).toBeGreaterThanOrEqual(500);
      expect(text).not.toContain('secret');
    }
  });

  it('refuses what is no JSON, has other fields or is too large', async () => {
    expect(await ask('/api/devices', { body: '{"id":"pi-1"}' })).toMatchObject({
      status: 200,
      body: { id: 'pi-1' },
    });
    for (const body of ['', '{', '[]', '{"id":"Pi 1"}', '{"id":"pi-1","more":1}']) {
      expect(await ask('/api/devices', { body }), body).toMatchObject({
        status: 400,
        body: { error: { code: 'api/malformed' } },
      });
    }
    const large = JSON.stringify({ id: 'x'.repeat(70_000) });
    expect(await ask('/api/devices', { body: large })).toMatchObject({
      status: 413,
      body: { error: { code: 'api/oversized' } },
    });
  });

  it('streams events, the newest of each subject, and lets go of a reader that leaves', async () => {
    const abort = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/api/events?token=${token}`, {
      signal: abort.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader.read()).value ?? '';
    };
    await until('event: status');
    expect(listeners.size).toBe(1);
    for (const listener of listeners) {
      listener({ type: 'device', device: { id: 'pi-1', online: false } as never });
      listener({ type: 'device', device: { id: 'pi-1', online: true } as never });
      listener({ type: 'device', device: { id: 'pi-2', online: true } as never });
    }
    await until('pi-2');
    expect(text).toContain('event: device\ndata: {"type":"device","device":{"id":"pi-1","online":true}}');
    expect(text).not.toContain('"online":false');
    abort.abort();
    await reader.closed.catch(() => undefined);
    while (listeners.size > 0) await new Promise(resolve => setTimeout(resolve, 5));
  });
});
