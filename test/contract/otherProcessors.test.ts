// Both arithmetics, answering and training, on other processors than this one, emulated: where 8-bit products might saturate,
// where kernels are others (arm64), and where there is neither AVX2 nor a dot product.

import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { readModel } from '../../model/formats/files.js';
import { openModelFiles } from '../../platform/modelFiles.js';
import { onProcessor, onThisProcessor, type Processor, type RunModule } from '../helpers/emulated.js';
import { formulaAdapter } from '../helpers/formulaAdapter.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

type Recipe = 'whole rows' | 'blocks';

/** `training`: what the fast backward pass multiplies by there; `mapped`: whether kernels' packed weights are mapped. */
const processors: readonly (Processor & { readonly training: Recipe; readonly mapped: boolean })[] = [
  { name: 'AVX2 without VNNI (Haswell)', cpu: 'Haswell', training: 'blocks', mapped: true },
  { name: 'SSE4.2 without AVX (Nehalem)', cpu: 'Nehalem', training: 'whole rows', mapped: false },
  {
    name: 'arm64 with dot products (Cortex-A76, Raspberry Pi 5)',
    cpu: 'cortex-a76',
    arm: {
      part: '0xd0b',
      variant: '0x4',
      features:
        'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp',
    },
    training: 'whole rows',
    mapped: false,
  },
  {
    name: 'arm64 without dot products (Cortex-A72, Raspberry Pi 4)',
    cpu: 'cortex-a72',
    arm: { part: '0xd08', variant: '0x0', features: 'fp asimd evtstrm crc32 cpuid' },
    training: 'whole rows',
    mapped: false,
  },
];

/** The largest quants times the largest inputs, all of one sign, mapped and in memory: by how much each product is off. */
const extremes = (folder: string) => `
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
    const files = new PackedFiles(openPackedFolder(folder));
    const find = () => files.matrix('w', matrix, () => '', () => matrix);
    find();
    while (files.missing > 0) files.makeOne();
    const packed = find();
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

/** Logits of a tiny model after some tokens, and gradients, in both arithmetics; what is chosen; the packed files made. */
const measurement = (file: string, adapter: unknown) => `
  const { readdirSync } = await import('node:fs');
  const { open } = await load('platform/library.js');
  const { wholeRowProducts } = await load('model/lowering/repacking.js');
  const { shape, tensors } = ${JSON.stringify(adapter)};
  const start = { shape, tensors: tensors.map(one => ({ ...one, values: Float32Array.from(one.values) })) };
  const options = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 0 };
  const found = { training: wholeRowProducts().exact ? 'whole rows' : 'blocks' };
  for (const arithmetic of ['exact', 'fast']) {
    const model = await open(${JSON.stringify(file)}, { arithmetic, threads: 1 });
    const logits = [...await model.allLogits([5, 17, 42, 99, 130, 7, 64])];
    const trainer = await model.trainer(options, start);
    const batch = [{ prompt: [5, 17, 42], answer: [99, 130, 7] }, { prompt: [64, 12], answer: [77, 200] }];
    const { loss, gradients } = await trainer.gradients(batch);
    trainer.close();
    model.close();
    found[arithmetic] = { logits, loss, gradients: gradients.map(({ values }) => [...values]) };
  }
  // The matrix of the probe is left there, whatever comes of it.
  const names = readdirSync(process.env.XDG_CACHE_HOME, { recursive: true });
  const made = names.filter(name => name.endsWith('.packed') && !name.includes('layout.'));
  console.log(JSON.stringify({ ...found, mapped: made.length > 0 }));
`;

interface Measured {
  readonly logits: readonly number[];
  readonly loss: number;
  readonly gradients: readonly (readonly number[])[];
}
type Found = Record<'exact' | 'fast', Measured> & { readonly training: Recipe; readonly mapped: boolean };

const norm = (x: readonly number[]): number => Math.hypot(...x);
/** Root mean square of the differences, of `b`'s. */
const difference = (a: readonly number[], b: readonly number[]): number =>
  norm(a.map((value, index) => value - (b[index] as number))) / norm(b);
const cosines = (a: Measured, b: Measured): number[] =>
  a.gradients.map((one, index) => {
    const other = b.gradients[index] as readonly number[];
    return one.reduce((sum, value, i) => sum + value * (other[i] as number), 0) / (norm(one) * norm(other));
  });

const runs = new Map<Processor, RunModule>();
for (const processor of processors) {
  const module = onProcessor(processor);
  if (module !== undefined) runs.set(processor, module);
}

describe.skipIf(runs.size === 0)('on another processor', () => {
  let script: string;
  let here: Found;
  beforeAll(async () => {
    // Wide enough for matrices that are worth a packed file.
    const file = await writeTinyModel(temporaryFolder(), {
      hidden: 256,
      feedForward: 512,
      heads: 4,
      headSize: 64,
    });
    const files = openModelFiles(file);
    const shape = { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v', 'down'] } as const;
    const { tensors } = formulaAdapter(readModel(files), shape, { inputs: 16, outputs: 0.1 });
    expect(tensors).toHaveLength(adapterTensors(readConfig(readModel(files)), shape).length);
    files.close();
    script = measurement(file, { shape, tensors: tensors.map(one => ({ ...one, values: [...one.values] })) });
    here = JSON.parse(onThisProcessor(script)) as Found;
  });

  describe.each(processors.filter(one => runs.has(one)))('$name', processor => {
    const run = runs.get(processor) as RunModule;

    it('exact is exact, and fast is as near to it as here', () => {
      const there = JSON.parse(run(script)) as Found;
      expect(there).toMatchObject({ training: processor.training, mapped: processor.mapped });
      expect(difference(there.exact.logits, here.exact.logits)).toBeLessThan(1e-5);
      expect(Math.abs(there.exact.loss - here.exact.loss)).toBeLessThan(1e-4);
      expect(Math.min(...cosines(there.exact, here.exact))).toBeGreaterThan(0.999999);
      const [far, near] = [there, here].map(({ fast }) => difference(fast.logits, here.exact.logits));
      expect(far as number).toBeLessThan(1.5 * (near as number));
      expect(Math.abs(there.fast.loss / here.exact.loss - 1)).toBeLessThan(0.02);
      expect(Math.min(...cosines(there.fast, here.exact))).toBeGreaterThan(0.98);
    });

    it('no product saturates', () => {
      const found = JSON.parse(run(extremes(path.join(temporaryFolder(), 'packed')))) as {
        readonly how: string;
        readonly bits: number;
        readonly tokens: number;
        readonly off: number;
      }[];
      expect(found.some(({ how }) => how === 'mapped')).toBe(processor.mapped);
      expect(found.filter(({ how }) => how === 'memory')).toHaveLength(2);
      for (const one of found) expect(one.off, JSON.stringify(one)).toBeLessThan(1e-5);
    });
  });
});
