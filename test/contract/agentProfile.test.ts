// What a device profile says of the model worker is what the running worker is like: its niceness, its end when idle.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadAgentConfig } from '../../agent/config.js';
import { localStatus } from '../../agent/status.js';
import { openModelBench, openWorkbench } from '../../agent/workbench.js';
import { systemClock } from '../../core/clock.js';
import { profileFolder } from '../../platform/profile.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

/** Nice values of every thread of a process (proc(5): the 17th field after the command's name). */
const niceness = (pid: number): Set<number> =>
  new Set(
    readdirSync(`/proc/${pid}/task`).map(thread => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    }),
  );

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('runs every thread of the worker as nice as the profile says, and unloads the model when idle', async () => {
  const folder = temporaryFolder('skein-profile-');
  const profile = path.join(folder, 'profile.yaml');
  const shipped = readFileSync(path.join(profileFolder(), 'x86-mini-pc.yaml'), 'utf8');
  writeFileSync(
    profile,
    shipped.replace(/nice: \d+/, 'nice: 7').replace(/workerIdle: .*/, 'workerIdle: 300ms'),
  );
  const modelFile = await writeTinyModel(folder);
  const config = await loadAgentConfig({ data: path.join(folder, 'data'), profile, model: modelFile });
  expect(config.model.threads).toBe(2);
  const bench = await openWorkbench(config, systemClock);
  const { worker, service } = openModelBench(bench, modelFile, () => localStatus(bench));
  try {
    const answer = () => service.call('answer', { text: 'one two', maxNewTokens: 4 });
    const first = await answer();
    const pid = worker.pid as number;
    expect(niceness(pid)).toEqual(new Set([os.getPriority() + 7]));
    expect(niceness(process.pid)).toContain(os.getPriority());
    while (worker.pid !== undefined || alive(pid)) await new Promise(resolve => setTimeout(resolve, 20));
    expect({ ...(await answer()), ms: 0 }).toEqual({ ...first, ms: 0 });
    expect(worker.pid).not.toBe(pid);
  } finally {
    await worker.stop();
    await bench.close();
  }
});
