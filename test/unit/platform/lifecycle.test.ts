// Programs: signals, errors and exit codes as whoever starts them sees them.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../../../core/errorCodes.js';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'skein-lifecycle-'));
let programs = 0;

/** Runs `body` as the main of a program. `onOutput` gets each piece of standard output. */
function run(
  body: string,
  {
    env = {},
    onOutput,
  }: { env?: object; onOutput?: (text: string, child: ReturnType<typeof spawn>) => void } = {},
) {
  programs += 1;
  const file = path.join(folder, `program${programs}.mts`);
  writeFileSync(
    file,
    `import { runProgram } from '${root}/platform/lifecycle.js';
     import { SkeinError } from '${root}/core/errors.js';
     import { readFile } from 'node:fs/promises';
     const json = process.env.AS_JSON === '1';
     await runProgram(async signal => { ${body} }, { json });`,
  );
  const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const child = spawn(process.execPath, ['--import', tsx, file], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', piece => {
    text.out += piece;
    onOutput?.(String(piece), child);
  });
  child.stderr.on('data', piece => {
    text.err += piece;
  });
  return new Promise<{ code: number | null; out: string; err: string }>(resolve =>
    child.on('close', code => resolve({ code, ...text })),
  );
}

test('what main returns is the exit code; nothing is 0', async () => {
  expect(await run('console.log("done")')).toEqual({ code: 0, out: 'done\n', err: '' });
  expect((await run('return 24')).code).toBe(24);
});

test('an error is one clear line with its code and what to do, and no stack', async () => {
  const { code, out, err } = await run(`throw new SkeinError('identity/missing', 'No identity here.')`);
  expect({ code, out }).toEqual({ code: 20, out: '' });
  expect(err).toBe(
    `error: No identity here. (identity/missing)\n  ${errorCodes['identity/missing'].remedy}\n`,
  );
  const system = await run(`await readFile('/no/such/file')`);
  expect(system.code).toBe(10);
  expect(system.err).toContain('/no/such/file. (io/not-found)');
  expect(system.err).not.toContain('    at ');
});

test('as JSON on standard output where that was asked for', async () => {
  const { code, out, err } = await run(
    `throw new SkeinError('config/invalid', 'Two.', { data: { problems: ['a', 'b'] } })`,
    { env: { AS_JSON: '1' } },
  );
  expect({ code, err }).toEqual({ code: 3, err: '' });
  expect(JSON.parse(out)).toEqual({
    error: { code: 'config/invalid', message: 'Two.', data: { problems: ['a', 'b'] } },
  });
});

test('a stack and the causes only with SKEIN_DEBUG=1, also for what nobody caught', async () => {
  const body = `setTimeout(() => { throw new Error('deep', { cause: new Error('deeper') }); }); await new Promise(() => setInterval(() => {}, 1000))`;
  const quiet = await run(body);
  expect(quiet.code).toBe(1);
  expect(quiet.err).toMatch(/^error: deep \(internal\)/);
  expect(quiet.err).not.toContain('    at ');
  const loud = await run(body, { env: { SKEIN_DEBUG: '1' } });
  expect(loud.err).toContain('    at ');
  expect(loud.err).toContain('deeper');
});

const waits = `process.stdout.write('up\\n'); setInterval(() => {}, 1000); await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));`;

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends the work quietly with %i', async (name, expected) => {
  const { code, err } = await run(waits, { onOutput: (_, child) => child.kill(name) });
  expect({ code, err }).toEqual({ code: expected, err: '' });
});

test('the end of standard input is a SIGTERM where whoever started it said so', async () => {
  const onOutput = (_: string, child: ReturnType<typeof spawn>): void => void child.stdin?.end();
  const { code, err } = await run(waits, { env: { SKEIN_STOP_AT_STDIN_END: '1' }, onOutput });
  expect({ code, err }).toEqual({ code: 143, err: '' });
  const apart = await run(`${waits.replace('await', 'setTimeout(() => process.exit(7), 300); await')}`, {
    onOutput,
  });
  expect(apart.code).toBe(7);
});

test('a second signal ends a program that does not listen', async () => {
  const deaf = `signal.addEventListener('abort', () => process.stdout.write('heard\\n')); process.stdout.write('up\\n'); setInterval(() => {}, 1000); await new Promise(() => {});`;
  const { code } = await run(deaf, { onOutput: (_, child) => child.kill('SIGINT') });
  expect(code).toBe(130);
});

test('output that nobody reads any more is no error', async () => {
  const body = `process.stdout.write('up\\n'); for (let i = 0; i < 100; i++) { process.stdout.write('x'.repeat(100000)); await new Promise(resolve => setTimeout(resolve, 5)); }`;
  const { code, err } = await run(body, { onOutput: (_, child) => void child.stdout?.destroy() });
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
