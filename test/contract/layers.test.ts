// The order of the layers is enforced by the compiler: an import that points to the right of its own layer fails the build.

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const layers = ['core', 'proto', 'model', 'federation', 'platform', 'agent', 'coordinator', 'cli'] as const;
type Layer = (typeof layers)[number];

const mayImport = (from: Layer, to: Layer): boolean =>
  layers.indexOf(to) < layers.indexOf(from) && !(from === 'coordinator' && to === 'agent');

const forbidden = layers.flatMap(from =>
  layers.filter(to => to !== from && !mayImport(from, to)).map(to => ({ from, to })),
);

/** A copy of the sources with one wrong import in every layer for every layer it must not know. */
let copy: string;
let output: string;

beforeAll(async () => {
  copy = mkdtempSync(path.join(tmpdir(), 'skein-layers-'));
  for (const entry of [...layers, 'tsconfig.base.json', 'package.json']) {
    cpSync(path.join(root, entry), path.join(copy, entry), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  for (const layer of layers)
    writeFileSync(path.join(copy, layer, 'landmark.ts'), 'export const landmark = 1;\n');
  for (const { from, to } of forbidden) {
    writeFileSync(
      path.join(copy, from, `wrongWay-${to}.ts`),
      `import { landmark } from '../${to}/landmark.js';\nexport const seen = landmark;\n`,
    );
  }
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
  output = await promisify(execFile)(tsc, ['-b', 'cli', '--pretty', 'false'], {
    cwd: copy,
    maxBuffer: 1e8,
  }).then(
    result => result.stdout,
    (error: { stdout: string }) => error.stdout,
  );
}, 120_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('a wrong-way import fails the build', () => {
  test.each(forbidden)('$from must not import $to', ({ from, to }) => {
    expect(output).toMatch(new RegExp(`${from}/wrongWay-${to}\\.ts\\(1,\\d+\\): error TS6307`));
  });

  test('and nothing else does', () => {
    const wrong = output.split('\n').filter(line => line.includes('error TS') && !line.includes('wrongWay-'));
    expect(wrong).toEqual([]);
  });
});

const sources = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => path.join(entry.parentPath, entry.name));

describe('the pure layers take nothing but types from the wire contract', () => {
  test.each(['model', 'federation'])('%s', folder => {
    const values = sources(folder).filter(file =>
      /^(import|export) (?!type)[^;]*from '(\.\.\/)+proto\//m.test(readFileSync(file, 'utf8')),
    );
    expect(values).toEqual([]);
  });
});
