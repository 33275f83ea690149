// Configuration: every problem at once, each with its path.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { bytes, duration, loadConfig } from '../../../platform/config.js';

const schema = z.strictObject({
  name: z.string(),
  timeout: duration().default(1000),
  limits: z.strictObject({ disk: bytes(), devices: z.int().min(1) }),
});

let file: string;
beforeEach(async () => {
  file = path.join(await mkdtemp(path.join(tmpdir(), 'skein-config-')), 'skein.yaml');
});

test('units are parsed and overrides win leaf by leaf', async () => {
  await writeFile(file, 'name: a\ntimeout: 2m\nlimits: {disk: 64KiB, devices: 3}\n');
  const config = await loadConfig(schema, { file, overrides: { limits: { devices: 4 }, name: undefined } });
  expect(config).toEqual({ name: 'a', timeout: 120_000, limits: { disk: 65_536, devices: 4 } });
});

test('all problems are listed, each with its path and what was expected', async () => {
  await writeFile(file, 'timeout: soon\nlimits: {disk: 5, devices: 0}\nextra: 1\n');
  const error = await loadConfig(schema, { file }).catch(e => e);
  expect(error).toMatchObject({ code: 'config/invalid' });
  const problems = error.data.problems as string[];
  expect(problems.map(p => p.split(':')[0]).sort()).toEqual([
    'extra',
    'limits.devices',
    'limits.disk',
    'name',
    'timeout',
  ]);
  expect(problems.find(p => p.startsWith('timeout'))).toContain('duration');
  expect(problems.find(p => p.startsWith('limits.disk'))).toContain('64KiB');
});

test.each(['name: [', '{{{', 'a: &a [*a, *a]\nb: *c', '\t- x'])('%j is unreadable', async text => {
  await writeFile(file, text);
  await expect(loadConfig(schema, { file })).rejects.toMatchObject({ code: 'config/unreadable' });
});

test('bytes that are no text, no file, a list where settings should be', async () => {
  await writeFile(file, Uint8Array.of(0xff, 0xfe, 0x80));
  await expect(loadConfig(schema, { file })).rejects.toMatchObject({ code: 'config/unreadable' });
  await expect(loadConfig(schema, { file: `${file}x` })).rejects.toMatchObject({ code: 'config/unreadable' });
  await writeFile(file, '[1, 2]');
  await expect(loadConfig(schema, { file })).rejects.toMatchObject({ code: 'config/invalid' });
});
