// Both arithmetics on a processor with AVX2 and no more (Haswell), emulated: there 8-bit products might saturate.

import { execFileSync, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

const emulator = ['qemu-x86_64', '-cpu', 'Haswell'] as const;
const there = process.arch === 'x64' && spawnSync(emulator[0], ['--version']).status === 0;
if (!there) console.warn('qemu-x86_64 (Debian: qemu-user) is not there: other processors are not tried.');

const dist = path.resolve(import.meta.dirname, '../../dist');

/** Runs a module of the built code in a process of its own, emulated or not, and parses what it prints. */
function run<T>(script: string, emulated: boolean): T {
  const node = [realpathSync(process.execPath), '--input-type=module', '--eval', script];
  const [program, ...args] = emulated ? [...emulator, ...node] : node;
  const output = execFileSync(program as string, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 100_000,
  });
  return JSON.parse(output) as T;
}

/** The largest quants times the largest inputs, all of one sign, mapped and in memory: by how much each product is off. */
const extremes = (folder: string) => `
  const load = name => import(${JSON.stringify(dist)} + '/' + name);
  const { PackedFiles, packedAttributes, packedOperands, unreadInputs } = await load('model/lowering/packedFile.js');
  const { GraphBuilder } = await load('model/onnx/index.js');
  const { Session, Tensor } = await load('model/runtime/index.js');
  const { openPackedFolder } = await load('platform/packedFolder.js');
  const [folder, rows, blocks] = [${JSON.stringify(folder)}, 64, 72];
  const columns = blocks * 32;
  const product = (operands, options, tokens) => {
    const g = new GraphBuilder('product');
    g.input('x', 'float32', ['T', columns]);
    g.node('MatMulNBits', ['x', ...operands(g)], packedAttributes({ bits: options.bits, rows, columns }), 'y');
    g.output('y', 'float32', ['T', rows]);
    const built = g.build();
    const standing = unreadInputs(built.inputs);
    const session = new Session(built.bytes, { ...(standing.size > 0 ? { folder } : {}), standing });
    const x = Tensor.zeros('float32', [tokens, columns]);
    x.data.fill(1);
    const y = Tensor.zeros('float32', [tokens, rows]);
    session.runSync(session.bind({ inputs: { x }, outputs: { y } }));
    return y.data;
  };
  const found = [];
  for (const bits of [4, 8]) {
    const top = 2 ** bits - 1;
    const count = rows * blocks;
    const matrix = {
      bits, rows, columns,
      quants: new Uint8Array(count * 32).fill(top),
      scales: new Float32Array(count).fill(1 / top),
      minimums: new Float32Array(count).fill(-0.3),
    };
    const packed = new PackedFiles(openPackedFolder(folder)).matrix('w', matrix, () => '', () => matrix);
    for (const tokens of [1, 4]) {
      const off = (values, expected) => Math.max(...Array.from(values, value => Math.abs(value / columns - expected)));
      if (packed) {
        const y = product(g => packedOperands(g, 'w', matrix, packed), { bits }, tokens);
        found.push({ how: 'mapped', bits, tokens, off: off(y, 0.7) });
      }
      if (bits === 8) {
        const y = product(g => [
          g.constant('uint8', matrix.quants, [rows, blocks, 32], 'quants'),
          g.constant('float32', matrix.scales, [count], 'scales'),
          g.constant('uint8', new Uint8Array(count).fill(100), [count], 'zeros'),
        ], { bits }, tokens);
        found.push({ how: 'memory', bits, tokens, off: off(y, 155 / 255) });
      }
    }
  }
  console.log(JSON.stringify(found));
`;

/** Logits of a tiny model after some tokens, in both arithmetics. */
const logits = (file: string) => `
  const load = name => import(${JSON.stringify(dist)} + '/' + name);
  const { open } = await load('model/index.js');
  const { openSource } = await load('platform/files.js');
  const found = {};
  for (const arithmetic of ['exact', 'fast']) {
    const model = await open(openSource(${JSON.stringify(file)}), { arithmetic });
    found[arithmetic] = [...await model.allLogits([5, 17, 42, 99, 130, 7, 64])];
    model.close();
  }
  console.log(JSON.stringify(found));
`;

const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] as number))), 0);

describe.skipIf(!there)('on AVX2 without VNNI', () => {
  it('no product saturates', { timeout: 120_000 }, () => {
    const found = run<{ how: string; bits: number; tokens: number; off: number }[]>(
      extremes(path.join(temporaryFolder(), 'packed')),
      true,
    );
    expect(found.some(({ how, bits }) => how === 'mapped' && bits === 8)).toBe(true);
    expect(found.filter(({ how }) => how === 'memory').length).toBe(2);
    for (const one of found) expect(one.off, JSON.stringify(one)).toBeLessThan(1e-5);
  });

  it('logits are those of this processor, and fast ones near exact ones', { timeout: 120_000 }, async () => {
    const script = logits(await writeTinyModel(temporaryFolder()));
    type Found = Record<'exact' | 'fast', number[]>;
    const [emulated, native] = [run<Found>(script, true), run<Found>(script, false)];
    const size = Math.max(...native.exact.map(Math.abs));
    expect(largestDifference(emulated.exact, native.exact) / size).toBeLessThan(1e-5);
    const [there, here] = [emulated, native].map(({ exact, fast }) => largestDifference(exact, fast) / size);
    expect(there as number).toBeLessThan(2 * (here as number) + 1e-3);
  });
});
