// Files and folders of a hub on this machine that breaks off, changes its mind and lies: what is fetched is whole and
// checked, or not there.

import { spawn } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SkeinError } from '../../core/errors.js';
import { readModel } from '../../model/formats/files.js';
import { parseReference } from '../../platform/hub/reference.js';
import { type HubOptions, type HubProgress, obtainFromHub } from '../../platform/hub/repository.js';
import { retryAfterMs } from '../../platform/hub/request.js';
import { openModelFiles } from '../../platform/modelFiles.js';
import { breakAfter, type FakeHub, fakeHub, tagOf } from '../helpers/hub.js';
import { huggingFaceFiles } from '../helpers/huggingFaceFolder.js';
import { tinyModel } from '../helpers/tinyModel.js';

const content = tinyModel({ layers: 1 });
const tiny = tinyModel({ layers: 1, weights: 'F32', embedding: 'F32' });

let folder: string;
let hub: FakeHub;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(tmpdir(), 'skein-hub-'));
  hub = await fakeHub({ 'tiny.gguf': content });
});
afterEach(async () => {
  await hub.close();
  await fs.rm(folder, { recursive: true });
});

const options = (more: HubOptions = {}): HubOptions => ({
  folder,
  environment: hub.environment,
  waitMs: () => 1,
  ...more,
});
const get = (reference = 'some/model:tiny.gguf', more?: HubOptions) =>
  obtainFromHub(parseReference(reference), options(more));
const failure = async (work: Promise<unknown>): Promise<SkeinError> =>
  work.then(
    () => expect.unreachable('It did not fail.'),
    (error: SkeinError) => error,
  );
const at = (name: string): string => path.join(folder, 'some', 'model', name);
const expectWhole = async (): Promise<void> =>
  expect(Buffer.compare(await fs.readFile(at('tiny.gguf')), content)).toBe(0);
/** What there is in the model's folder, if there is one. */
const left = async (): Promise<string[]> =>
  (await fs.readdir(folder, { recursive: true }))
    .flatMap(name => (path.dirname(name) === path.join('some', 'model') ? [path.basename(name)] : []))
    .sort();

const answering =
  (status: number, headers = {}) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(status, headers).end();

describe('one file', () => {
  it('is fetched by its commit, and then there without a network', async () => {
    const progress: HubProgress[] = [];
    const found = await get(undefined, { onProgress: one => progress.push(one) });
    expect(found).toEqual({
      file: at('tiny.gguf'),
      from: 'hub',
      commit: hub.commit,
      bytes: content.length,
    });
    await expectWhole();
    expect(progress.at(-1)).toEqual({ file: 'tiny.gguf', bytes: content.length, total: content.length });
    expect(await left()).toEqual(['.skein-hub.json', 'tiny.gguf']);
    const offline = { environment: { HF_HUB_OFFLINE: '1' } };
    expect(await get(undefined, offline)).toEqual({ ...found, from: 'cache' });
  });

  it('goes on where the connection broke, as often as something comes', async () => {
    hub.tricks.push(breakAfter(1_000), breakAfter(500), breakAfter(1));
    await get();
    await expectWhole();
    expect(hub.asked).toEqual([
      'tiny.gguf all',
      'tiny.gguf bytes=1000-',
      'tiny.gguf bytes=1500-',
      'tiny.gguf bytes=1501-',
    ]);
    expect(await left()).toEqual(['.skein-hub.json', 'tiny.gguf']);
  });

  it('goes on where an earlier call stopped', async () => {
    hub.tricks.push(breakAfter(1_000), ...Array.from({ length: 4 }, () => breakAfter(0)));
    expect((await failure(get())).code).toBe('net/unreachable');
    expect(await left()).toEqual([expect.stringMatching(/^\.part-/)]);
    hub.asked.length = 0;
    await get();
    await expectWhole();
    expect(hub.asked).toEqual(['tiny.gguf bytes=1000-']);
  });

  it('goes on where a killed process stopped', async () => {
    const program = `
      import { obtainFromHub } from ${JSON.stringify(new URL('../../platform/hub/repository.ts', import.meta.url).href)};
      await obtainFromHub({ repository: 'some/model', revision: 'main', file: 'tiny.gguf' }, {
        folder: ${JSON.stringify(folder)}, environment: ${JSON.stringify(hub.environment)},
        onProgress: () => process.kill(process.pid, 'SIGKILL') });`;
    hub.tricks.push((_, response, all) => {
      response
        .writeHead(200, { etag: tagOf(all), 'content-length': all.length })
        .write(all.subarray(0, 2_000));
    });
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: 'inherit',
    });
    await new Promise(resolve => child.on('exit', resolve));
    expect(child.signalCode).toBe('SIGKILL');
    await get();
    await expectWhole();
    expect(hub.asked.at(-1)).toBe('tiny.gguf bytes=2000-');
    expect(await left()).toEqual(['.skein-hub.json', 'tiny.gguf']);
  });

  it('starts over where the server has another version than the one that was begun', async () => {
    hub.tricks.push((request, response, all) => breakAfter(1_000)(request, response, all.toReversed()));
    await get();
    await expectWhole();
    expect(hub.asked).toEqual(['tiny.gguf all', 'tiny.gguf bytes=1000-']);
  });

  it('starts over where what was left is damaged', async () => {
    hub.tricks.push(breakAfter(1_000), ...Array.from({ length: 4 }, () => breakAfter(0)));
    await failure(get());
    const [part = ''] = await left();
    await fs.writeFile(path.join(at(part), 'content'), new Uint8Array(1_000));
    await get();
    await expectWhole();
  });

  it('takes a server that knows no ranges, or answers with another one, from the start', async () => {
    const whole = (_: unknown, response: ServerResponse, all: Uint8Array) => void response.end(all);
    hub.tricks.push(breakAfter(1_000), whole);
    await get();
    await expectWhole();
    await fs.rm(at('tiny.gguf'));
    hub.tricks.push(breakAfter(1_000), (_, response, all) => {
      const range = { 'content-range': `bytes 10-${all.length - 1}/${all.length}` };
      response.writeHead(206, range).end(all.subarray(10));
    });
    await get();
    await expectWhole();
  });

  it.each<[string, (hub: FakeHub) => void, string, RegExp]>([
    [
      'announces more than the file has',
      ({ tricks }) =>
        tricks.push(
          (_, response, all) => void response.writeHead(200, { 'content-length': all.length + 5 }).end(all),
        ),
      'model/checksum',
      /announces/,
    ],
    [
      'sends more than the file has',
      ({ tricks }) =>
        tricks.push((_, response, all) => void response.writeHead(200).end(Buffer.concat([all, all]))),
      'model/checksum',
      /More than/,
    ],
    [
      'sends something else',
      ({ tricks }) => tricks.push((_, response, all) => void response.end(all.toReversed())),
      'model/checksum',
      /hash/,
    ],
    [
      'gives nothing to strangers',
      ({ tricks }) => tricks.push((_, response) => void response.writeHead(401).end()),
      'model/download',
      /HF_TOKEN/,
    ],
    [
      'is out of order',
      ({ tricks }) => tricks.push(...Array.from({ length: 4 }, () => answering(503))),
      'net/unreachable',
      /503/,
    ],
    [
      'has no time to say what it has',
      ({ listTricks }) => listTricks.push(...Array.from({ length: 4 }, () => answering(429))),
      'net/unreachable',
      /429/,
    ],
    ['forbids it', ({ listTricks }) => listTricks.push(answering(403)), 'model/download', /licence/],
    [
      'sends the page of an access point',
      ({ listTricks }) => listTricks.push((_, response) => void response.end('<html>Log in</html>')),
      'model/download',
      /does not answer as the hub does/,
    ],
    [
      'redirects for ever',
      ({ tricks }) =>
        tricks.push(
          ...Array.from(
            { length: 30 },
            () => (request: IncomingMessage, response: ServerResponse) =>
              void response.writeHead(302, { location: request.url }).end(),
          ),
        ),
      'net/unreachable',
      /redirect/,
    ],
  ])('is not there when a server %s', async (_, prepare, code, message) => {
    prepare(hub);
    const error = await failure(get());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(await left()).toEqual([]);
  });

  it('waits where it is asked for patience, by the API or for the file', async () => {
    hub.listTricks.push(answering(429, { 'retry-after': '0' }), answering(502));
    hub.tricks.push(answering(503), breakAfter(1_000), answering(429), answering(500));
    await get();
    await expectWhole();
    expect(hub.listed).toEqual(['main', 'main', 'main']);
    expect(hub.asked.length).toBe(5);
    const now = Date.UTC(2025, 0, 1);
    const waits = [
      '7',
      '600',
      'Wed, 01 Jan 2025 00:00:09 GMT',
      'Tue, 31 Dec 2024 00:00:00 GMT',
      'soon',
      null,
    ];
    expect(waits.map(value => retryAfterMs(value, now))).toEqual([
      ...[7_000, 60_000, 9_000, 0, undefined, undefined],
    ]);
  });

  it('is stopped while it waits', async () => {
    hub.listTricks.push(answering(429, { 'retry-after': '3600' }));
    const controller = new AbortController();
    const stopped = failure(
      obtainFromHub(parseReference('some/model:tiny.gguf'), {
        folder,
        environment: hub.environment,
        signal: controller.signal,
      }),
    );
    while (hub.listed.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    controller.abort();
    expect((await stopped).code).toBe('cancelled');
  });

  it('shows its token to the hub alone, not to where the hub sends it', async () => {
    const seen: string[] = [];
    const note = (where: string, { headers }: IncomingMessage): void =>
      void seen.push(`${where} ${headers.authorization ?? 'nothing'} ${headers.range ?? 'all'}`);
    const storage = createServer((request, response) => {
      note('storage', request);
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const head = { 'content-length': content.length - from };
      const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
      response.writeHead(from === 0 ? 200 : 206, from === 0 ? head : { ...head, ...range });
      if (from > 0) return void response.end(content.subarray(from));
      response.write(content.subarray(0, 1_000), () => setTimeout(() => response.destroy(), 20));
    });
    await new Promise<void>(resolve => storage.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = storage.address() as AddressInfo;
      const send = (request: IncomingMessage, response: ServerResponse): void => {
        note('hub', request);
        response.writeHead(302, { location: `http://127.0.0.1:${port}/signed?key=1` }).end();
      };
      hub.tricks.push(send, send);
      await get(undefined, { environment: { ...hub.environment, HF_TOKEN: ' hf_secret\n' } });
      await expectWhole();
      expect(seen).toEqual([
        'hub Bearer hf_secret all',
        'storage nothing all',
        'hub Bearer hf_secret bytes=1000-',
        'storage nothing bytes=1000-',
      ]);
    } finally {
      storage.closeAllConnections();
      await new Promise(resolve => storage.close(resolve));
    }
  });

  it.each([
    ['a token of two lines', { HF_TOKEN: 'hf_one\nhf_two' }, /^HF_TOKEN has characters/],
    ['a hub without a scheme', { HF_ENDPOINT: 'hf-mirror.com' }, /^HF_ENDPOINT is no address/],
    ['a hub without a name', { HF_ENDPOINT: 'https:///x' }, /^HF_ENDPOINT is no address/],
    ['a hub at a file', { HF_ENDPOINT: 'file:///etc' }, /^HF_ENDPOINT is no address/],
  ])('is refused for %s', async (_, environment, message) => {
    const error = await failure(get(undefined, { environment: { ...hub.environment, ...environment } }));
    expect(error).toMatchObject({ code: 'model/download', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('hf_');
  });

  it('is known by its revision, references with a slash among them', async () => {
    const found = await get('some/model@refs/pr/1:tiny.gguf');
    expect(hub.listed).toEqual(['refs/pr/1']);
    expect(found.file).toBe(path.join(folder, 'some', 'model@refs%2Fpr%2F1', 'tiny.gguf'));
    expect(await get('some/model@refs/pr/1:tiny.gguf')).toEqual({ ...found, from: 'cache' });
    expect(await get('some/model:tiny.gguf')).toMatchObject({ from: 'hub', file: at('tiny.gguf') });
  });

  it('names what there is where it is not', async () => {
    expect(await failure(get('some/model:other.gguf'))).toMatchObject({
      code: 'model/not-found',
      message: expect.stringContaining('tiny.gguf'),
    });
    expect((await failure(get('some/other:tiny.gguf'))).code).toBe('model/download');
    const nowhere = { environment: { HF_ENDPOINT: 'http://127.0.0.1:9' } };
    expect(await failure(get(undefined, nowhere))).toMatchObject({
      code: 'net/unreachable',
      message: expect.stringContaining('could not be reached'),
    });
    expect((await failure(get(undefined, { environment: { HF_HUB_OFFLINE: '1' } }))).code).toBe(
      'model/download',
    );
  });

  it('is fetched by several at once, each on its own', async () => {
    const all = await Promise.all([get(), get(), get()]);
    expect(all.map(({ file }) => file)).toEqual(Array(3).fill(at('tiny.gguf')));
    await expectWhole();
    expect(await left()).toEqual(['.skein-hub.json', 'tiny.gguf']);
  });

  it('stops when asked to, and keeps what came', async () => {
    hub.tricks.push((_, response, all) => void response.write(all.subarray(0, 100)));
    const controller = new AbortController();
    const error = await failure(
      get(undefined, { signal: controller.signal, onProgress: () => controller.abort() }),
    );
    expect(error.code).toBe('cancelled');
    expect(await left()).toEqual([expect.stringMatching(/^\.part-/)]);
  });
});

describe('a whole model', () => {
  it('is fetched as a folder, and nothing that is not read', async () => {
    const files = { ...huggingFaceFiles(tiny, 2), 'README.md': new Uint8Array(3), 'flax.msgpack': content };
    Object.assign(hub.files, files);
    const found = await get('some/model');
    const model = Object.keys(huggingFaceFiles(tiny, 2)).sort();
    expect(await left()).toEqual(['.skein-hub.json', ...model]);
    const opened = openModelFiles(found.file);
    expect(readModel(opened).tensors.size).toBe(11);
    opened.close();
    expect(await get('some/model', { environment: { HF_HUB_OFFLINE: '1' } })).toMatchObject({
      from: 'cache',
    });

    await fs.writeFile(at('config.json'), '{}');
    hub.asked.length = 0;
    expect(await get('some/model')).toMatchObject({ from: 'hub' });
    expect(hub.asked).toEqual(['config.json all']);
  });

  it('follows a repository that has changed from shards to one file', async () => {
    Object.assign(hub.files, huggingFaceFiles(tiny));
    await get('some/model');
    delete hub.files['model.safetensors'];
    Object.assign(hub.files, huggingFaceFiles(tiny, 2));
    hub.commit = 'd'.repeat(40);
    await fs.rm(at('.skein-hub.json'));
    expect(await get('some/model')).toMatchObject({ from: 'hub', commit: hub.commit });
    expect(await left()).not.toContain('model.safetensors');
  });

  it('is refused before its weights are fetched, where it is none that is read', async () => {
    expect(await failure(get('some/model'))).toMatchObject({
      code: 'model/not-found',
      message: expect.stringContaining('tiny.gguf'),
    });
    Object.assign(hub.files, huggingFaceFiles(tiny));
    hub.files['config.json'] = Buffer.from('{"model_type":"bert"}');
    expect((await failure(get('some/model'))).code).toBe('architecture/unsupported');
    expect(hub.asked).toEqual(['config.json all']);
  });
});

describe('a reference', () => {
  it('names repository, revision and file', () => {
    expect(parseReference('a/b')).toEqual({ repository: 'a/b', revision: 'main', file: undefined });
    expect(parseReference('a/b.c@v1:d/e.gguf')).toEqual({
      repository: 'a/b.c',
      revision: 'v1',
      file: 'd/e.gguf',
    });
    expect(parseReference('a/b@refs/pr/1:c')).toEqual({
      repository: 'a/b',
      revision: 'refs/pr/1',
      file: 'c',
    });
  });

  it.each([
    '',
    'a',
    'a/b/c',
    '../b',
    'a/..',
    'a/b:',
    'a/b:../c',
    'a/b:/c',
    'a/b@',
    'a/b@../c',
    'a/b@c/',
    'a/b:c?d',
    'http://a/b',
  ])('is refused: %j', text => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
