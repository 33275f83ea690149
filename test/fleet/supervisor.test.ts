// Under pm2, by the committed ecosystem file: what is killed comes back, and what another start does not change stays down.

import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';

const root = path.resolve(import.meta.dirname, '../..');
const bin = path.join(path.dirname(createRequire(import.meta.url).resolve('pm2/package.json')), 'bin', 'pm2');

interface Listed {
  readonly pid: number;
  readonly pm2_env: { readonly status: string; readonly restart_time: number };
}

let fleet: TestFleet;
let environment: NodeJS.ProcessEnv;

async function pm2(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args], { env: environment });
  return stdout;
}

async function listed(): Promise<Listed> {
  const out = await pm2('jlist');
  return (JSON.parse(out.slice(out.indexOf('[{'))) as Listed[])[0] as Listed;
}

beforeAll(async () => {
  fleet = await TestFleet.create(privateRecords(['ada'], 8));
  mkdirSync(fleet.at('pm2'));
  environment = {
    ...process.env,
    PM2_HOME: fleet.at('pm2'),
    SKEIN_AGENT_DATA: fleet.data('ada'),
    NO_COLOR: '1',
  };
});
afterAll(async () => {
  if (environment !== undefined) await pm2('kill');
  await fleet?.destroy();
});

const online = (): Promise<void> =>
  fleet.until('the agent is online', async () => (await fleet.devices())[0]?.online === true);

test('keeps the agent up, until its configuration is wrong, and again once that is mended', async () => {
  await pm2('start', path.join(root, 'ecosystem.config.cjs'), '--only', 'skein-agent');
  await online();
  const { pid } = await listed();
  process.kill(pid, 'SIGKILL');
  await fleet.until('the killed one is seen', async () => (await fleet.devices())[0]?.online === false);
  await online();
  const again = await listed();
  expect(again.pm2_env).toMatchObject({ status: 'online', restart_time: 1 });
  expect(again.pid).not.toBe(pid);

  appendFileSync(path.join(fleet.data('ada'), 'agent.yaml'), 'nonsense: 1\n');
  process.kill(again.pid, 'SIGTERM');
  await fleet.until('it stays down', async () => (await listed()).pm2_env.restart_time === 2);
  await fleet.until('it has ended', async () => (await listed()).pid === 0);
  expect((await listed()).pm2_env.status).not.toBe('online');
  expect(await fleet.agent('ada', 'records', 'list').catch(error => String(error))).toContain('nonsense');
  await pm2('stop', 'skein-agent');
  expect((await listed()).pm2_env).toMatchObject({ status: 'stopped', restart_time: 2 });
});
