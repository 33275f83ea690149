// ONNX Runtime reports nothing to anybody: its reporting leaves a file in the temporary folder as soon as it starts.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { packageFolder } from '../../model/runtime/library.js';
import { temporaryFolder } from '../helpers/temporary.js';

const library = path.resolve(import.meta.dirname, '../../dist/model/runtime/environment.js');

/** Creates ONNX Runtime's environment in a process of its own and names what it leaves in the temporary folder. */
function leftBy(script: string, env: NodeJS.ProcessEnv): string[] {
  const folder = temporaryFolder();
  const args = ['--input-type=module', '--eval', script];
  execFileSync(process.execPath, args, {
    env: { ...process.env, CI: '', ...env, TMPDIR: folder },
    stdio: 'ignore',
  });
  return readdirSync(folder);
}

const ours = `
  const { environment } = await import(${JSON.stringify(library)});
  environment();
`;

it('keeps its reporting off, whatever the environment says', () => {
  expect(leftBy(ours, { ORT_DISABLE_TELEMETRY: '0' })).toEqual([]);
});

it('would report otherwise, and this test would see it', () => {
  const binding = path.join(packageFolder(), 'dist', 'index.js');
  const plain = `
    const { InferenceSession } = (await import(${JSON.stringify(binding)})).default;
    await InferenceSession.create(new Uint8Array(1)).catch(() => {});
  `;
  const left = leftBy(plain, { ORT_DISABLE_TELEMETRY: '' });
  expect(left.some(name => name.startsWith('mat-debug-'))).toBe(process.platform === 'linux');
});
