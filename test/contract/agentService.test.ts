// The agent's local door: the same request gives the same result in this process and over the socket.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentService, Requests } from '../../agent/answering/requests.js';
import { loadAgentConfig } from '../../agent/config.js';
import { ControlClient, controlSocket, daemonRuns } from '../../agent/http/controlClient.js';
import { ControlServer } from '../../agent/http/controlServer.js';
import { localStatus } from '../../agent/status.js';
import { openModelBench, openWorkbench, type Workbench } from '../../agent/workbench.js';
import { systemClock } from '../../core/clock.js';
import { errorCodes } from '../../core/errorCodes.js';
import { silentLog } from '../../platform/log.js';
import { fakeModel } from '../helpers/fakeModel.js';
import { inlineWorker } from '../helpers/inlineWorker.js';

const alone: Requests['trainAlone'] = {
  template: 'Note: {text}\nLine:',
  labels: [],
  adapter: { mode: 'lora', rank: 2, alpha: 4, targets: ['q'] },
  plan: {
    localEpochs: 2,
    batchSize: 4,
    learningRate: 0.01,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 64,
    arithmetic: 'fast',
  },
  seed: 3,
};

let folder: string;
let bench: Workbench;
let service: AgentService;
let server: ControlServer;
let socket: string;

function open(ticks: number): AgentService {
  const model = fakeModel({ ticks });
  return openModelBench(bench, '/nowhere/fake.gguf', () => localStatus(bench), inlineWorker(model)).service;
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'skein-service-'));
  bench = await openWorkbench(await loadAgentConfig({ data: folder }), systemClock);
  await bench.records.add(Array.from({ length: 40 }, (_, i) => ({ text: `note ${i}`, label: 'eton' })));
  service = open(1);
  socket = controlSocket(folder);
  server = new ControlServer({ socket, service, log: silentLog });
  await server.start();
});

afterEach(async () => {
  await server.stop();
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the control socket', () => {
  it('gives what the service gives', async () => {
    const client = new ControlClient(socket);
    expect(await client.call('status', {})).toEqual(await service.call('status', {}));
    const records = [
      { text: 'abc', label: 'cba' },
      { text: 'abc', label: 'other; line' },
    ];
    for (const side of [client, service]) {
      const seen: number[] = [];
      const trained = await side.call('trainAlone', alone, {
        onProgress: ({ done }) => void seen.push(done),
      });
      expect(trained.records).toBe((await bench.records.counts()).training);
      expect(seen).toEqual(Array.from({ length: trained.steps }, (_, i) => i + 1));
      expect(await side.call('evaluate', { adapter: 'base', records, template: '{text}' })).toEqual({
        adapter: 'base',
        release: '',
        count: 2,
        accuracy: 0.5,
        exact: 0.5,
      });
      expect((await side.call('evaluate', { adapter: 'alone' })).count).toBe(
        (await bench.records.counts()).heldOut,
      );
      expect((await side.call('answer', { text: 'abc' })).text).toBe('eto');
    }
  });

  it('is for its own user alone, and for one daemon', async () => {
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const second = new ControlServer({ socket, service, log: silentLog });
    await expect(second.start()).rejects.toMatchObject({ code: 'net/port-busy' });
    await server.stop();
    expect(await daemonRuns(socket)).toBe(false);
    await second.start();
    expect(await daemonRuns(socket)).toBe(true);
    await second.stop();
  });

  it('ends the work of a caller that leaves, and its own with the agent', async () => {
    await server.stop();
    const slow = open(1_000_000);
    let ended: unknown;
    const watched: AgentService = {
      call: async (operation, request, hooks) =>
        slow.call(operation, request, hooks).catch(error => {
          ended = error;
          throw error;
        }),
    };
    server = new ControlServer({ socket, service: watched, log: silentLog });
    await server.start();
    const leave = new AbortController();
    const asked = new ControlClient(socket).call('trainAlone', alone, { signal: leave.signal });
    const rejected = expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    setTimeout(() => leave.abort(), 50);
    await rejected;
    while (ended === undefined) await new Promise(resolve => setTimeout(resolve, 5));
    expect(ended).toMatchObject({ code: 'cancelled' });
    const cut = expect(new ControlClient(socket).call('trainAlone', alone)).rejects.toMatchObject({
      code: 'net/refused',
    });
    setTimeout(() => void server.stop(), 50);
    await cut;
  });

  it('answers whatever is sent with a typed error', async () => {
    const post = (url: string, body: Uint8Array): Promise<string> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest({ socketPath: socket, method: 'POST', path: url }, response => {
          let text = '';
          response.on('data', part => {
            text += part;
          });
          response.on('end', () => resolve(text));
        });
        sent.on('error', reject);
        sent.end(body);
      });
    const url = fc.constantFrom('/answer', '/evaluate', '/trainAlone', '/', '/__proto__', '/constructor');
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.json({ maxDepth: 2 }).map(text => new TextEncoder().encode(text)),
    );
    await fc.assert(
      fc.asyncProperty(url, body, async (where, content) => {
        const { error } = JSON.parse(await post(where, content)) as { error: { code: string } };
        expect(Object.keys(errorCodes)).toContain(error.code);
        expect(error.code).not.toBe('internal');
      }),
      { numRuns: 60, examples: [['/answer', new TextEncoder().encode('{"text":""}')]] },
    );
  });

  it('names what is missing', async () => {
    await expect(service.call('evaluate', { adapter: 'live' })).rejects.toMatchObject({
      code: 'release/not-found',
    });
    await expect(service.call('evaluate', { adapter: 'alone' })).rejects.toMatchObject({
      code: 'release/not-found',
    });
    await bench.records.forget({ all: true });
    await expect(service.call('evaluate', { adapter: 'base' })).rejects.toMatchObject({
      code: 'record/none',
    });
    await expect(service.call('trainAlone', alone)).rejects.toMatchObject({ code: 'record/none' });
  });
});
