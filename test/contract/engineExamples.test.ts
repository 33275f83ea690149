// The examples of docs/how-to/use-the-engine.md are type-checked and run, each as the whole program that it claims to be.

import { execFile } from 'node:child_process';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { memorySource } from '../../core/bytes.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { readGguf } from '../../model/formats/gguf.js';
import { encodePeft } from '../../model/formats/peft.js';
import { writeAdapterFolder } from '../../platform/adapterFolder.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { tinyModel } from '../helpers/tinyModel.js';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const page = await fs.readFile(path.join(root, 'docs/how-to/use-the-engine.md'), 'utf8');
const examples = [...page.matchAll(/^## (.+)$|^```ts\n([\s\S]*?)^```$/gmu)];
const titled: { title: string; code: string }[] = [];
let title = '';
for (const [, heading, code] of examples) {
  if (heading !== undefined) title = heading;
  else if (code !== undefined) titled.push({ title: `${title} ${titled.length}`, code });
}

/** Within the package, whose own name leads to its build. */
const folder = path.join(root, 'dist', `examples-${process.pid}`);
const work = temporaryFolder();

beforeAll(async () => {
  await fs.mkdir(folder, { recursive: true });
  for (const [n, { code }] of titled.entries()) await fs.writeFile(path.join(folder, `e${n}.mts`), code);
  const settings = {
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      noEmit: false,
      declaration: false,
      rootDir: '.',
      outDir: '.',
      types: ['node'],
    },
    include: ['*.mts'],
    exclude: [],
  };
  await fs.writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const bytes = tinyModel();
  await fs.writeFile(path.join(work, 'model.gguf'), bytes);
  const shape = { mode: 'lora', rank: 2, alpha: 8, targets: ['q', 'down'] } as const;
  const tensors = adapterTensors(readConfig(readGguf(memorySource(bytes))), shape).map(
    ({ name, shape: size }) => ({
      name,
      shape: size,
      values: Float32Array.from({ length: size[0] * size[1] }, (_, n) => Math.sin(n)),
    }),
  );
  await writeAdapterFolder(path.join(work, 'adapter'), encodePeft({ shape, tensors }, 'tiny'));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

it('are of the types that the library has', async () => {
  expect(titled.length).toBeGreaterThan(8);
  const { stdout } = await run(path.join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
    error => error,
  );
  expect(stdout).toBe('');
});

it('run and print something', async () => {
  const imports = titled.map(
    (_, n) => `await import(${JSON.stringify(path.join(folder, `e${n}.mjs`))}); console.log('--');`,
  );
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', imports.join('\n')], {
    cwd: work,
  });
  expect(stderr).toBe('');
  const printed = stdout.split('--\n').slice(0, -1);
  expect(printed).toHaveLength(titled.length);
  for (const [n, { title }] of titled.entries()) expect(printed[n]?.trim(), title).not.toBe('');
});
