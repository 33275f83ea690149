// One daemon a folder: the second is refused at once, also where both start in the same moment, and nothing is left behind.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lockFolder } from '../../platform/folderLock.js';
import { temporaryFolder } from '../helpers/temporary.js';

const root = path.resolve(import.meta.dirname, '../..');
const refused = { code: 'io/locked', message: expect.stringContaining('Another agent runs on') };

// The database's usual patience would outlast this test.
const impatient = { timeout: 8_000 };

test('the second is refused without a wait, and each kind of daemon has its own', impatient, async () => {
  const folder = temporaryFolder('skein-lock-');
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => lockFolder(folder, 'agent')));
  const got = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(got.length).toBeLessThanOrEqual(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(refused);
  const free = got[0] ?? (await lockFolder(folder, 'agent'));
  await expect(lockFolder(folder, 'agent')).rejects.toMatchObject(refused);
  await (await lockFolder(folder, 'coordinator'))();
  await free();
  await (await lockFolder(folder, 'agent'))();
});

test('a process that is killed gives it free', async () => {
  const folder = temporaryFolder('skein-lock-');
  const program = path.join(folder, 'holder.mts');
  writeFileSync(
    program,
    `import { lockFolder } from '${root}/platform/folderLock.js';
     await lockFolder('${folder}', 'agent');
     process.send('held');
     setInterval(() => {}, 1000);`,
  );
  const loader = path.join(root, 'node_modules/tsx/dist/loader.mjs');
  const child = fork(program, [], { execArgv: ['--import', loader] });
  await once(child, 'message');
  await expect(lockFolder(folder, 'agent')).rejects.toMatchObject(refused);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await lockFolder(folder, 'agent'))();
});
