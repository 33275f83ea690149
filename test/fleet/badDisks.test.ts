// Disks that take nothing: read-only ones and full ones, under the device's, the coordinator's and the demo's folder.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
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

  /** What each program does, and what the disk holds when it comes. */
  const work: Readonly<Record<string, () => readonly [ProgramName, readonly string[], content: string]>> = {
    'a first import': () => [
      'skein-agent',
      ['records', 'import', at('many.jsonl'), '--data', disk],
      at('empty'),
    ],
    'an import': () => ['skein-agent', ['records', 'import', at('many.jsonl'), '--data', disk], at('device')],
    enrolment: () => ['skein-agent', ['enroll', token, '--data', disk], at('empty')],
    'the agent': () => ['skein-agent', ['run', '--data', disk], at('device')],
    'a new fleet': () => ['skein', ['init', '--fleet', disk, '--name', 'x', '--host', 'x'], at('empty')],
    'the coordinator': () => ['skein-coordinator', ['run', '--fleet', disk], at('fleet')],
    'the demo': () => ['skein', ['demo', '--once', '--devices', '2', '--model', model], at('empty')],
    'a model': () => ['skein', ['model', 'get'], at('empty')],
  };
  const cases = Object.entries(work);
  const env = { TMPDIR: disk, XDG_CACHE_HOME: disk };

  it.each(cases)('%s on a read-only disk', async (_, work) => {
    const [program, args, content] = work();
    const failure = { exit: 10, code: 'io/denied' as const, says: [disk] };
    await expectFailure(program, args, failure, { env, under: readOnly(content) });
  });

  it.each(cases)('%s on a full disk', async (_, work) => {
    const [program, args, content] = work();
    const failure = { exit: 10, code: 'io/full' as const, says: [disk] };
    await expectFailure(program, args, failure, { env, under: full('1m', content) });
  });

  it('loses nothing of an import that did not fit at first, and takes no line twice', async () => {
    const retry = `"$@"; mount -o remount,size=16m ${disk}`;
    const args = ['records', 'import', at('many.jsonl'), '--data', disk, '--json'];
    const under = mounted(`mount -t tmpfs -o size=400k none ${disk}; set +e; ${retry}`);
    const { code, stdout, stderr } = await runProgram('skein-agent', args, { env, under });
    expect(code, stderr).toBe(0);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(first).toMatchObject({ error: { code: 'io/full' } });
    expect(second).toMatchObject({ imported: 4000, duplicates: 0, count: 4000 });
  });

  it('goes on with a round when there is space again, wherever in it there was none', async () => {
    const working = await TestFleet.create({
      ...privateRecords(['bo', 'cy'], 16),
      plan: { localEpochs: 40, batchSize: 4, maxTokens: 64, learningRate: 0.005 },
    });
    try {
      const data = working.data('cy');
      const under = mounted(
        `mount -t tmpfs -o size=16m none ${disk}; cp -a ${data}/. ${disk}; mount --bind ${disk} ${data}`,
      );
      const agent = working.startAgent('cy', { under });
      working.startAgent('bo');
      await working.until('both are online', async () =>
        (await working.devices()).every(({ online }) => online),
      );
      /** On the disk that only the agent sees. */
      const inside = (script: string): void => {
        const args = ['-t', String(agent.pid), '-m', 'sh', '-c', script];
        expect(spawnSync('nsenter', args).status).toBe(0);
      };
      const fill = (): void => inside(`cat /dev/zero > ${data}/rest 2>/dev/null || true`);
      const free = (): void => inside(`rm ${data}/rest`);
      const warned = (message: string): number =>
        agent.log.split('\n').filter(line => line.includes('"code":"io/full"') && line.includes(message))
          .length;

      fill();
      await working.submitTask();
      await working.until('the assignment waits', async () => warned('nothing can be stored') === 1);
      free();
      await working.until('it trains', async () => agent.log.includes('"msg":"training"'));
      fill();
      await working.until('it says so of the update', async () => warned('nothing can be stored') > 1);
      expect(warned('the checkpoint could not be stored')).toBeGreaterThan(0);
      free();
      const [round] = await working.taskDone();
      expect(round?.devices.map(({ device, phase }) => [device, phase])).toEqual([
        ['bo', 'counted'],
        ['cy', 'counted'],
      ]);
      expect(agent.alive).toBe(true);
      expectNoStack(agent.log);
      expect((await agent.stop()).code).toBe(0);
    } finally {
      await working.destroy();
    }
  });

  it.each(['64k', '512k', '1m', '2m'])(
    'ends a demo that %s are not enough for, without a trace',
    async size => {
      const args = ['demo', '--once', '--devices', '2', '--rounds', '1', '--model', model];
      // What was packed of the model is the user's cache, and stays; whole files alone, beside what is known of them.
      const packed =
        '-path "*/skein/packed/*/*.packed" -o -name package.json -o -name .checked -o -name .hashes';
      const left = `find ${disk} -type f ! \\( ${packed} \\) ; find ${disk} -mindepth 1 -maxdepth 1 ! -name skein`;
      const script = `mount -t tmpfs -o size=${size} none ${disk}; set +e; "$@"; code=$?; ${left}; exit $code`;
      const { code, stdout, stderr } = await runProgram('skein', args, { env, under: mounted(script) });
      // Where the coordinator's log cannot grow either, its exit code is all that it could say.
      const died = /ended with code 10:/.test(stderr);
      expect(code, stderr).toBe(died ? 24 : 10);
      expect(stderr).toMatch(died ? /^error: coordinator ended/m : /^error: .*\(io\/full\)$/m);
      expectNoStack(stderr);
      expect(stdout).toBe('');
    },
  );
});
