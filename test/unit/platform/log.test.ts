// The log and the folders: lines that a program can read, in a place that can be chosen.

import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SkeinError } from '../../../core/errors.js';
import { createLog } from '../../../platform/log.js';
import { cacheFolder, configFolder, dataFolder, stateFolder } from '../../../platform/paths.js';

const file = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'skein-log-')), 'deep', 'agent.log');

test.skipIf(!existsSync('/dev/full'))('a disk that takes no line ends nothing', async () => {
  const log = createLog({ name: 'agent', file: '/dev/full' });
  for (let i = 0; i < 20_000; i++) log.warn({ i }, 'a line that goes nowhere, and there are many of them');
  await new Promise(resolve => setTimeout(resolve, 300));
});

test('lines are JSON; a known error is its code without a stack, an unforeseen one shows it', () => {
  const to = file();
  const log = createLog({ name: 'agent', file: to });
  log.warn({ err: new SkeinError('wire/replay', 'Again.', { data: { round: 3 } }) }, 'refused');
  log.error({ err: new Error('oh') }, 'failed');
  log.debug('not at this level');
  const lines = readFileSync(to, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({
    name: 'agent',
    msg: 'refused',
    err: { code: 'wire/replay', message: 'Again.', data: { round: 3 } },
  });
  expect(JSON.stringify(lines[0])).not.toContain('    at ');
  expect(lines[1].err.stack).toContain('    at ');
});

test('pretty lines are for people', () => {
  const to = file();
  createLog({ name: 'agent', file: to, pretty: true }).info({ device: 'd1' }, 'connected');
  expect(readFileSync(to, 'utf8')).toMatch(/INFO.*connected[\s\S]*device: "d1"/);
});

test('folders follow the XDG variables, and ignore relative ones', () => {
  const at = { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/k' };
  expect([configFolder(at), dataFolder(at), stateFolder(at), cacheFolder(at)]).toEqual([
    '/c/skein',
    '/d/skein',
    '/s/skein',
    '/k/skein',
  ]);
  expect(configFolder({ XDG_CONFIG_HOME: 'relative' })).toBe(path.join(homedir(), '.config', 'skein'));
  expect(dataFolder({})).toBe(path.join(homedir(), '.local', 'share', 'skein'));
});
