// The built `skein-agent`: a small daemon without the engine, one clear message for every fault, nothing left behind.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunningProgram, runJson, runProgram } from '../helpers/programs.js';
import { writeTinyModel } from '../helpers/tinyModel.js';
import {
  type Coordinator,
  invite,
  newFleetFolder,
  openCoordinator,
  temporaryFolder,
  until,
} from '../helpers/wire.js';

const secret = 'quillfeather';
let coordinator: Coordinator;
let folder: string;
let data: string;
let model: string;
let daemon: RunningProgram | undefined;

const agent = <T>(...args: string[]): Promise<T> => runJson<T>('skein-agent', [...args, '--data', data]);

beforeEach(async () => {
  coordinator = await openCoordinator(await newFleetFolder());
  folder = await temporaryFolder('program');
  data = path.join(folder, 'device');
  model = await writeTinyModel(folder);
  mkdirSync(data);
  writeFileSync(
    path.join(data, 'agent.yaml'),
    `model: { file: ../tiny.gguf, threads: 1 }\nlog: { level: trace }\n`,
  );
  const records = Array.from({ length: 24 }, (_, i) => ({
    text: `${secret} note ${i}`,
    label: 'left; right',
  }));
  writeFileSync(path.join(folder, 'records.jsonl'), records.map(record => JSON.stringify(record)).join('\n'));
});

afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
  await coordinator.stop();
});

async function startDaemon(): Promise<RunningProgram> {
  await agent('enroll', await invite(coordinator, 'd1', coordinator.port));
  await agent('records', 'import', path.join(folder, 'records.jsonl'));
  daemon = new RunningProgram('skein-agent', ['run', '--data', data], path.join(folder, 'agent.log'));
  await until(async () => (await agent<{ online: boolean }>('status')).online);
  return daemon;
}

const maps = (pid: number): string => readFileSync(`/proc/${pid}/maps`, 'utf8');
const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the daemon', () => {
  it('stays small, leaves the engine to its child, and takes the child along when it dies', async () => {
    const { pid } = await startDaemon();
    const here = await agent<{ text: string; release: string }>('answer', 'hello');
    expect(here.release).toBe('');
    const [worker] = childrenOf(pid);
    expect(worker).toBeDefined();
    expect(maps(worker as number)).toContain('libonnxruntime');
    expect(maps(pid)).not.toContain('libonnxruntime');
    expect(maps(pid)).not.toContain('koffi');
    expect(residentMb(pid)).toBeLessThan(160);
    process.kill(pid, 'SIGKILL');
    await until(() => !alive(worker as number));
    // In this process now: the same answer.
    expect((await agent<{ text: string }>('answer', 'hello')).text).toBe(here.text);
  });

  it('does what the command line asks, with the same result as without it', async () => {
    const running = await startDaemon();
    const train = ['train', '--alone', '--epochs', '2', '--template', 'Note: {text}\nLine:'];
    const evaluate = ['evaluate', '--adapter', 'alone', '--on', path.join(folder, 'records.jsonl')];
    const trained = await agent<{ steps: number; loss: number }>(...train);
    const measured = await agent(...evaluate);
    await running.stop();
    expect(running.alive).toBe(false);
    expect(await agent(...evaluate)).toEqual(measured);
    const again = await agent<{ steps: number; loss: number }>(...train);
    expect([again.steps, again.loss]).toEqual([trained.steps, trained.loss]);
    expect(await agent(...evaluate)).toEqual(measured);
    expect(running.log).not.toContain(secret);
    expect(running.log).toContain('agent started');
  });
});

describe('a fault', () => {
  const run = async (
    ...args: string[]
  ): Promise<{ code: number | null; error: { code: string; message: string } }> => {
    const { code, stdout, stderr } = await runProgram('skein-agent', [...args, '--json']);
    expect(stderr).not.toMatch(/\n\s+at /);
    return { code, ...(JSON.parse(stdout) as { error: { code: string; message: string } }) };
  };

  it.each([
    ['usage', 2, ['no-such-command']],
    ['usage', 2, ['train', '--data', 'DATA']],
    ['usage', 2, ['records', 'forget', '--data', 'DATA']],
    ['identity/missing', 20, ['run', '--data', 'DATA']],
    ['identity/missing', 20, ['receipts', '--data', 'DATA']],
    ['identity/token', 20, ['enroll', 'skein1.nonsense', '--data', 'DATA']],
    ['io/not-found', 10, ['records', 'import', '/no/such/file', '--data', 'DATA']],
    ['io/denied', 10, ['status', '--data', 'MODEL']],
    ['io/not-found', 10, ['answer', 'x', '--data', 'DATA', '--model', '/no/such/model']],
    ['gguf/invalid', 12, ['answer', 'x', '--data', 'DATA', '--model', 'RECORDS']],
    ['config/unreadable', 3, ['status', '--config', '/no/such/config', '--data', 'DATA']],
    ['release/not-found', 23, ['evaluate', '--data', 'DATA']],
  ])('is %s with exit code %i', async (code, exit, args) => {
    const named: Record<string, string> = {
      DATA: data,
      MODEL: model,
      RECORDS: path.join(folder, 'records.jsonl'),
    };
    const result = await run(...args.map(arg => named[arg] ?? arg));
    expect([result.error.code, result.code]).toEqual([code, exit]);
  });

  it('lists every problem of a configuration at once, each with its path', async () => {
    const file = path.join(folder, 'bad.yaml');
    writeFileSync(file, 'version: 2\nmodel: { threads: 0 }\npolicy: { bytesPerDay: much }\ncolour: red\n');
    const { code, error } = await run('status', '--config', file);
    expect([code, error.code]).toEqual([3, 'config/invalid']);
    for (const at of ['version', 'model.threads', 'policy.bytesPerDay', 'colour'])
      expect(error.message).toContain(`${at}:`);
  });

  it('names the bad lines of a record file and not what they say', async () => {
    const file = path.join(folder, 'bad.jsonl');
    writeFileSync(file, `{"text":"${secret}"}\n{"text": ${secret}\n`);
    const { code, error } = await run('records', 'import', file, '--data', data);
    expect([code, error.code]).toEqual([13, 'record/invalid']);
    expect(error.message).toContain('line 1');
    expect(error.message).toContain('line 2');
    expect(JSON.stringify(error)).not.toContain(secret);
  });
});
