// Packed weights under real processes and real disks: started together, killed at work, on disks that take nothing or little.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, RunningProgram, runProgram } from '../helpers/programs.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { tinyModel } from '../helpers/tinyModel.js';

const home = temporaryFolder('skein-packed-');
const model = path.join(home, 'model.gguf');
const args = [
  'model',
  'logits',
  '--model',
  model,
  '--ids',
  '1,2,3',
  '--top',
  '5',
  '--threads',
  '1',
  '--json',
];
const environment = (cache: string) => ({ XDG_CACHE_HOME: cache });
const ask = (cache: string, under: readonly string[] = []) =>
  runProgram('skein', args, { env: environment(cache), under });

type Logits = readonly { readonly id: number; readonly logit: number }[];
const logitsOf = ({ code, signal, stdout, stderr }: Ended): Logits => {
  expect({ code, signal, stderr }).toMatchObject({ code: 0, signal: null });
  return (JSON.parse(stdout) as { top: Logits }).top;
};

/** Of the one model in this cache. */
function contentOf(cache: string): { folder: string; names: string[] } {
  const packed = path.join(cache, 'skein', 'packed');
  const [name] = (existsSync(packed) ? readdirSync(packed) : []).filter(one => one !== '.hashes');
  if (name === undefined) return { folder: packed, names: [] };
  const folder = path.join(packed, name);
  return { folder, names: readdirSync(folder).sort() };
}
const isScratch = (name: string): boolean => name.startsWith('packing') || name.endsWith('.part');
const bytesOf = (cache: string): Map<string, string> => {
  const { folder, names } = contentOf(cache);
  const packed = names.filter(name => name.endsWith('.packed'));
  return new Map(packed.map(name => [name, readFileSync(path.join(folder, name)).toString('base64')]));
};

let expected: Logits;
const good = path.join(home, 'good');

/** In memory they are spread over 8 bits, with whole minimums. */
function expectNear(found: Logits): void {
  expect(found[0]?.id).toBe(expected[0]?.id);
  for (const { id, logit } of expected) {
    const same = found.find(one => one.id === id);
    if (same !== undefined) expect(Math.abs(same.logit - logit)).toBeLessThan(0.5);
  }
}

beforeAll(async () => {
  const sizes = { hidden: 512, feedForward: 1024, heads: 8, kvHeads: 4, headSize: 64, layers: 4 };
  writeFileSync(model, tinyModel(sizes));
  expected = logitsOf(await ask(good));
});

it('five that start at once on an empty cache answer alike and leave one set of files', async () => {
  const cache = path.join(home, 'five');
  for (const ended of await Promise.all(Array.from({ length: 5 }, () => ask(cache))))
    expect(logitsOf(ended)).toEqual(expected);
  expect(contentOf(cache).names).toEqual(contentOf(good).names);
  expect(bytesOf(cache)).toEqual(bytesOf(good));
});

it('one that is killed while it packs leaves nothing that the next one takes, nor anything for good', async () => {
  const cache = path.join(home, 'killed');
  const packed = () => contentOf(cache).names.filter(name => /^[0-9a-f]+\.packed$/.test(name)).length;
  for (let wanted = 1; wanted <= 3; wanted++) {
    const env = environment(cache);
    const running = new RunningProgram('skein', args, path.join(home, 'killed.log'), { env });
    while (packed() < wanted && running.alive) await new Promise(resolve => setTimeout(resolve, 2));
    await running.kill();
  }
  expect(logitsOf(await ask(cache))).toEqual(expected);
  // Whatever their deaths left is older than any work in a minute.
  const { folder, names } = contentOf(cache);
  const past = new Date(Date.now() - 61_000);
  writeFileSync(path.join(folder, 'packing.data.999999999-abcdef012345'), 'of a process that is gone');
  writeFileSync(path.join(folder, `packing.data.${process.pid}-abcdef012345`), 'of one that is at work');
  for (const name of readdirSync(folder).filter(isScratch)) utimesSync(path.join(folder, name), past, past);
  expect(logitsOf(await ask(cache))).toEqual(expected);
  expect(readdirSync(folder).filter(isScratch)).toEqual([`packing.data.${process.pid}-abcdef012345`]);
  expect(names.filter(name => !isScratch(name))).toEqual(contentOf(good).names);
  expect(bytesOf(cache)).toEqual(bytesOf(good));
});

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
if (!canMount && process.env.SKEIN_REQUIRE_ALL === '1') throw new Error('Disks of their own need root.');

describe.skipIf(!canMount)('a disk of its own', () => {
  const disk = path.join(home, 'disk');
  const listing = path.join(home, 'listing');
  beforeAll(() => mkdirSync(disk));
  /** Runs what follows where `script` has mounted something, and says what was there in the end. */
  const mounted = (script: string): readonly string[] => [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `set -e; ${script}; set +e; "$@"; code=$?; find ${disk} -type f > ${listing}; exit $code`,
    'sh',
  ];
  const left = (): string[] =>
    readFileSync(listing, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(file => path.basename(file));
  const tmpfs = (size: string, content?: string): readonly string[] =>
    mounted(
      `mount -t tmpfs -o size=${size} none ${disk}${content === undefined ? '' : `; cp -a ${content}/. ${disk}`}`,
    );
  const readOnly = (content: string): readonly string[] =>
    mounted(`mount --bind ${content} ${disk}; mount -o remount,bind,ro ${disk}`);

  it.each(['16k', '200k', '700k', '1500k', '3m'])('that is full at %s answers from memory', async size => {
    expectNear(logitsOf(await ask(disk, tmpfs(size))));
    expect(left().filter(isScratch)).toEqual([]);
  });

  it('that has no room for the holes of what was packed elsewhere answers', async () => {
    const used = [...bytesOf(good).values()].length;
    expect(used).toBeGreaterThan(8);
    const blocks = Number(spawnSync('du', ['-sk', good], { encoding: 'utf8' }).stdout.split('\t')[0]);
    expectNear(logitsOf(await ask(disk, tmpfs(`${blocks + 64}k`, good))));
  });

  it('that is read-only answers, from what is there and without', async () => {
    const before = statSync(contentOf(good).folder).mtimeMs;
    const from = await ask(disk, readOnly(good));
    expect(logitsOf(from)).toEqual(expected);
    expect(from.stderr).toBe('');
    expect(statSync(contentOf(good).folder).mtimeMs).toBe(before);
    const empty = path.join(home, 'empty');
    mkdirSync(empty);
    const without = await ask(disk, readOnly(empty));
    expectNear(logitsOf(without));
    expect(without.stderr.match(/SkeinWarning/g)).toHaveLength(1);
  });

  it('that is read-only with a damaged file does not use it', async () => {
    const damaged = path.join(home, 'damaged');
    cpSync(good, damaged, { recursive: true });
    const { folder, names } = contentOf(damaged);
    for (const name of names.filter(one => one.endsWith('.packed'))) {
      const bytes = readFileSync(path.join(folder, name));
      bytes.fill(0x3f, bytes.length - 4000, bytes.length - 600);
      writeFileSync(path.join(folder, name), bytes);
    }
    const found = await ask(disk, readOnly(damaged));
    expectNear(logitsOf(found));
    expect(found.stderr).toContain('[io/invalid]');
    rmSync(damaged, { recursive: true });
  });
});
