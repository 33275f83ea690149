// Disks that take nothing: read-only ones and full ones, under the device's, the coordinator's and the demo's folder.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, expectNoStack } from '../helpers/failing.js';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';
import { type ProgramName, runProgram } from '../helpers/programs.js';
import { temporaryFolder } from '../helpers/temporary.js';

const home = temporaryFolder('skein-disks-');
const at = (...names: readonly string[]): string => path.join(home, ...names);
/** Where the disk is, in the program's own mount namespace; outside of it an empty folder. */
const disk = at('disk');

/** A command line that runs what follows it where `script` has mounted something; it goes with the last process. */
const mounted = (script: string): readonly string[] => [
  'unshare',
  '--mount',
  'sh',
  '-c',
  `set -e; ${script}; exec "$@"`,
  'sh',
];
const readOnly = (content: string): readonly string[] =>
  mounted(`mount --bind ${content} ${disk}; mount -o remount,bind,ro ${disk}`);
/** A disk of `size` with this content, filled up to the last byte. */
const full = (size: string, content: string): readonly string[] =>
  mounted(
    `mount -t tmpfs -o size=${size} none ${disk}; cp -a ${content}/. ${disk}; cat /dev/zero > ${disk}/rest 2>/dev/null || true`,
  );
const small = (size: string): readonly string[] => mounted(`mount -t tmpfs -o size=${size} none ${disk}`);

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
if (!canMount) {
  const message = 'Tests of read-only and full disks need root, for mount namespaces of their own.';
  if (process.env.SKEIN_REQUIRE_ALL === '1') throw new Error(message);
  console.warn(`Skipped: ${message}`);
}

describe.skipIf(!canMount)('a disk that takes nothing', () => {
  const { devices, root } = privateRecords(['ada'], 8);
  let fleet: TestFleet;
  let token: string;
  let model: string;

  beforeAll(async () => {
    for (const name of ['disk', 'empty', 'device', 'fleet']) mkdirSync(at(name));
    fleet = await TestFleet.create({ devices, root });
    ({ model } = fleet);
    ({ token } = await fleet.skein<{ token: string }>('device', 'add', 'bo'));
    cpSync(fleet.data('ada'), at('device'), { recursive: true });
    await fleet.stop();
    cpSync(fleet.at('fleet'), at('fleet'), { recursive: true });
    const rows = Array.from({ length: 4000 }, (_, n) => ({ text: `note ${n} `.repeat(20), label: 'x' }));
    writeFileSync(at('many.jsonl'), rows.map(row => JSON.stringify(row)).join('\n'));
  });
  afterAll(() => fleet?.destroy());

  const commands = (): readonly [
    string,
    ProgramName,
    readonly string[],
    Parameters<typeof readOnly>[0],
  ][] => [
    ['a first import', 'skein-agent', ['records', 'import', at('many.jsonl'), '--data', disk], at('empty')],
    ['an import', 'skein-agent', ['records', 'import', at('many.jsonl'), '--data', disk], at('device')],
    ['enrolment', 'skein-agent', ['enroll', token, '--data', disk], at('empty')],
    ['the agent', 'skein-agent', ['run', '--data', disk], at('device')],
    ['a new fleet', 'skein', ['init', '--fleet', disk, '--name', 'x', '--host', '127.0.0.1'], at('empty')],
    ['the coordinator', 'skein-coordinator', ['run', '--fleet', disk], at('fleet')],
    ['the demo', 'skein', ['demo', '--once', '--devices', '2', '--model', model], at('empty')],
    ['a model', 'skein', ['model', 'get'], at('empty')],
  ];
  const env = { TMPDIR: disk, XDG_CACHE_HOME: disk };
  const names = [
    'a first import',
    'an import',
    'enrolment',
    'the agent',
    'a new fleet',
    'the coordinator',
    'the demo',
    'a model',
  ];
  const command = (name: string) => {
    const found = commands().find(([known]) => known === name);
    if (found === undefined) throw new Error(name);
    return found;
  };

  it.each(names)('%s on a read-only disk', async name => {
    const [, program, args, content] = command(name);
    const failure = { exit: 10, code: 'io/denied' as const, says: [disk] };
    await expectFailure(program, args, failure, { env, under: readOnly(content) });
  });

  it.each(names)('%s on a full disk', async name => {
    const [, program, args, content] = command(name);
    const failure = { exit: 10, code: 'io/full' as const, says: [disk] };
    await expectFailure(program, args, failure, { env, under: full('1m', content) });
  });
});
