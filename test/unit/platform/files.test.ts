// Files: whole or not there, bounded, and with codes.

import { mkdtemp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { sha256Hex } from '../../../core/bytes.js';
import {
  ensureFolder,
  fileSha256,
  openSource,
  readBounded,
  writeFileAtomic,
} from '../../../platform/files.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skein-files-'));
});

test('an atomic write replaces the content, keeps the mode asked for and leaves nothing beside it', async () => {
  const file = path.join(folder, 'a');
  await writeFileAtomic(file, 'one', 0o600);
  await writeFileAtomic(file, 'two', 0o600);
  expect(await readFile(file, 'utf8')).toBe('two');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['a']);
});

test('a failed write leaves no temporary file', async () => {
  await ensureFolder(path.join(folder, 'target'));
  await expect(writeFileAtomic(path.join(folder, 'target'), 'x')).rejects.toThrow();
  await expect(writeFileAtomic(path.join(folder, 'no', 'x'), 'x')).rejects.toMatchObject({
    code: 'io/not-found',
  });
  expect(await readdir(folder)).toEqual(['target']);
});

test('a bounded read gives the whole file or refuses it', async () => {
  const file = path.join(folder, 'a');
  await writeFile(file, 'x'.repeat(100_000));
  expect((await readBounded(file, 100_000)).length).toBe(100_000);
  await expect(readBounded(file, 99_999)).rejects.toMatchObject({ code: 'io/invalid' });
  await expect(readBounded(path.join(folder, 'b'), 10)).rejects.toMatchObject({ code: 'io/not-found' });
  await expect(readBounded(folder, 100_000)).rejects.toMatchObject({
    code: 'io/invalid',
    data: { path: folder },
  });
  await expect(readBounded(folder, 100_000)).rejects.toThrow(`${folder}: It is a folder and not a file.`);
});

test('a source reads anywhere inside and nothing outside', async () => {
  const file = path.join(folder, 'a');
  await writeFile(
    file,
    Uint8Array.from({ length: 256 }, (_, i) => i),
  );
  const source = openSource(file);
  expect(source.size).toBe(256);
  expect([...source.read(254, 2)]).toEqual([254, 255]);
  expect(() => source.read(255, 2)).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  expect(() => source.read(-1, 2)).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  await truncate(file, 10);
  expect(() => source.read(5, 10)).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  source.close();
  expect(() => source.read(0, 1)).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  expect(() => openSource(folder)).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  expect(() => openSource(path.join(folder, 'b'))).toThrow(expect.objectContaining({ code: 'io/not-found' }));
});

test('the hash of a file is the hash of its bytes', async () => {
  const file = path.join(folder, 'a');
  await writeFile(file, 'skein');
  expect(await fileSha256(file)).toBe(sha256Hex('skein'));
});

test('a file where a folder should be has a code', async () => {
  await writeFile(path.join(folder, 'a'), '');
  await expect(ensureFolder(path.join(folder, 'a', 'b'))).rejects.toMatchObject({ code: 'io/denied' });
  await expect(ensureFolder(path.join(folder, 'a'))).rejects.toMatchObject({ code: 'io/denied' });
});

test.skipIf(process.platform !== 'linux')(
  'gives up where no folder can be made, and makes deep ones elsewhere',
  async () => {
    await expect(ensureFolder('/proc/skein/deep')).rejects.toMatchObject({ code: 'io/not-found' });
    const deep = path.join(folder, 'one', 'two', 'three');
    await Promise.all([ensureFolder(deep), ensureFolder(deep)]);
    await ensureFolder(deep);
  },
);
