// The cache of packed weights: bounded, cleared, shared by many at once, and never more than a matter of speed.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ByteSource } from '../../core/bytes.js';
import { open } from '../../model/index.js';
import { open as openPath } from '../../platform/library.js';
import {
  boundPacked,
  checkPacked,
  clearPacked,
  listPacked,
  packedCacheFolder,
  packedLimits,
  removeAbandoned,
} from '../../platform/packedCache.js';
import { openPackedFolder } from '../../platform/packedFolder.js';
import { tinyModel } from '../helpers/tinyModel.js';

const root = mkdtempSync(path.join(tmpdir(), 'skein-packed-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Folders of one megabyte each, the later ones used later. */
function filled(name: string, count: number): { cache: string; folders: string[] } {
  const cache = path.join(root, name);
  const folders = Array.from({ length: count }, (_, index) => {
    const folder = path.join(cache, `model${index}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'a.packed'), Buffer.alloc(1 << 20, 1));
    const used = new Date(Date.now() - (count - index) * 3_600_000);
    utimesSync(folder, used, used);
    return folder;
  });
  return { cache, folders };
}

it('lists the one used last first, and clears all', () => {
  const { cache, folders } = filled('clear', 3);
  expect(listPacked(cache).map(({ folder }) => folder)).toEqual([...folders].reverse());
  for (const { bytes } of listPacked(cache)) expect(bytes).toBeGreaterThanOrEqual(1 << 20);
  expect(clearPacked(cache).length).toBe(3);
  expect(listPacked(cache)).toEqual([]);
  expect(listPacked(path.join(root, 'nowhere'))).toEqual([]);
});

it('lets go the longest unused beyond its bound, and never the one in use', () => {
  const { cache, folders } = filled('bound', 5);
  boundPacked(cache, folders[0] as string, { ...packedLimits, bytes: 2.5 * (1 << 20) });
  expect(readdirSync(cache).sort()).toEqual(['model0', 'model3', 'model4']);
});

it('removes what killed processes left, and nothing that is being written', () => {
  const { folders } = filled('abandoned', 1);
  const folder = folders[0] as string;
  const old = new Date(Date.now() - 2 * 86_400_000);
  for (const name of ['packing.1', 'a.packed.12.part']) {
    writeFileSync(path.join(folder, name), 'x');
    utimesSync(path.join(folder, name), old, old);
  }
  writeFileSync(path.join(folder, 'packing.2'), 'x');
  removeAbandoned(folder);
  expect(readdirSync(folder).sort()).toEqual(['a.packed', 'packing.2']);
});

const sizes = { hidden: 512, feedForward: 1024, heads: 8, kvHeads: 4, headSize: 64 };
const sourceOf = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.slice(offset, offset + length),
});
const fourBits = sourceOf(tinyModel({ ...sizes, weights: 'Q4_1' }));
async function logits(folder: string, source = fourBits): Promise<Float32Array> {
  const packed = openPackedFolder(folder);
  const model = await open({ ...source, packed }, { arithmetic: 'fast', capacity: 512 });
  try {
    return await model.logits([1, 2, 3]);
  } finally {
    model.close();
  }
}

it('is shared by five that start at once on an empty folder', async () => {
  const folder = path.join(root, 'five', 'model');
  const all = await Promise.all(Array.from({ length: 5 }, () => logits(folder)));
  for (const one of all) expect(one).toEqual(all[0]);
  expect(readdirSync(folder).filter(name => name.startsWith('packing') || name.endsWith('.part'))).toEqual(
    [],
  );
  expect(await logits(folder)).toEqual(all[0]);
});

it('holds each matrix once, whatever its bits', async () => {
  const files = async (name: string, source: ByteSource): Promise<number> => {
    const folder = path.join(root, name, 'model');
    await logits(folder, source);
    return readdirSync(folder).filter(file => /^[0-9a-f]+\.packed$/.test(file)).length;
  };
  const eightBits = sourceOf(tinyModel({ ...sizes, weights: 'Q8_0' }));
  expect(await files('four', fourBits)).toBe(await files('eight', eightBits));
});

it('is of one content: a byte that is another makes other weights, in another file or the same', async () => {
  const bytes = tinyModel(sizes);
  const changed = bytes.slice();
  // In the embedding and in a linear, in rows that nobody compares.
  for (const at of [0.4, 0.6, 0.8].map(share => Math.floor(share * bytes.length)))
    changed[at] = (changed[at] as number) ^ 8;
  const [one, other] = ['one.gguf', 'other.gguf'].map(name => path.join(root, name)) as [string, string];
  writeFileSync(one, bytes);
  writeFileSync(other, changed);
  const ask = async (file: string): Promise<Float32Array> => {
    const model = await openPath(file, { capacity: 512 });
    try {
      return await model.logits([1, 2, 3]);
    } finally {
      model.close();
    }
  };
  const [before, after] = [await ask(one), await ask(other)];
  expect(after).not.toEqual(before);
  expect(after).toEqual(await logits(path.join(root, 'changed', 'model'), sourceOf(changed)));
  const { atime, mtime } = statSync(one);
  await new Promise(resolve => setTimeout(resolve, 20));
  writeFileSync(one, changed);
  utimesSync(one, atime, mtime);
  expect(await ask(one)).toEqual(after);
});

it('is not the user’s while tests run', () => {
  expect(packedCacheFolder().startsWith(`${tmpdir()}/skein-cache-`)).toBe(true);
});

it.skipIf(process.arch !== 'x64' || process.platform === 'win32')(
  'makes anew what was cut off or cleared',
  async () => {
    const folder = path.join(root, 'cut', 'model');
    const good = await logits(folder);
    const files = readdirSync(folder).filter(name => name.endsWith('.packed'));
    expect(files.length).toBeGreaterThan(2);
    for (const name of files) writeFileSync(path.join(folder, name), 'cut off');
    expect(await logits(folder)).toEqual(good);
    clearPacked(path.dirname(folder));
    expect(existsSync(folder)).toBe(false);
    expect(await logits(folder)).toEqual(good);
  },
);

it.skipIf(process.arch !== 'x64' || process.platform === 'win32')(
  'is read through on demand: what is damaged goes, though nothing shows that it was touched',
  async () => {
    const folder = path.join(root, 'check', 'model');
    await logits(folder);
    const cache = path.dirname(folder);
    const [{ files, damaged } = {}] = checkPacked(cache);
    expect(files).toBeGreaterThan(2);
    expect(damaged).toEqual([]);
    const [name] = readdirSync(folder).filter(one => one.endsWith('.packed'));
    const file = path.join(folder, name as string);
    const bytes = readFileSync(file);
    bytes[bytes.length - 600] = (bytes[bytes.length - 600] as number) ^ 1;
    writeFileSync(file, bytes);
    // As a disk does that decays.
    openPackedFolder(folder).remember(name as string);
    expect(checkPacked(cache)[0]?.damaged).toEqual([file]);
    expect(checkPacked(cache)[0]).toMatchObject({ files: (files as number) - 1, damaged: [] });
  },
);

it('costs no more than speed where nothing can be kept, and says so once', async () => {
  const warnings: (Error & { code?: string })[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  try {
    writeFileSync(path.join(root, 'file'), '');
    const folder = path.join(root, 'file', 'model');
    const found = await logits(folder);
    expect(found.every(Number.isFinite)).toBe(true);
    await logits(folder);
    await new Promise(resolve => setImmediate(resolve));
    const own = warnings.filter(({ message }) => message.includes(folder));
    expect(own.length).toBe(1);
    expect(own[0]?.code).toMatch(/^io\//);
  } finally {
    process.off('warning', listen);
  }
});
