// Packed weights that are mapped from files: exact in their minimums, made once, made anew when they are of something else.

import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../core/random.js';
import {
  type BlockMatrix,
  PackedFiles,
  type PackedMatrix,
  packedAttributes,
  packedOperands,
  unreadInputs,
} from '../../model/lowering/packedFile.js';
import { GraphBuilder } from '../../model/onnx/index.js';
import { liveHandles, PrepackedWeights, Session, Tensor } from '../../model/runtime/index.js';
import { openPackedFolder } from '../../platform/packedFolder.js';
import { temporaryFolder } from '../helpers/temporary.js';

const blocks = 10;
const columns = blocks * 32;

function draw(bits: 4 | 8, rows: number, seed: number): BlockMatrix {
  const random = new SeededRandom(seed);
  const unit = (): number => random.uint32() / 2 ** 32;
  const count = rows * blocks;
  return {
    bits,
    rows,
    columns,
    quants: Uint8Array.from({ length: count * 32 }, () => random.uint32() & (2 ** bits - 1)),
    scales: Float32Array.from({ length: count }, () => (0.2 + unit()) / 2 ** bits),
    // No whole number of steps, and often beyond the quants' range.
    minimums: Float32Array.from({ length: count }, () => 2 * unit() - 1.7),
  };
}

const weightAt = ({ quants, scales, minimums }: BlockMatrix, row: number, column: number): number => {
  const block = row * blocks + (column >> 5);
  return (scales[block] as number) * (quants[row * columns + column] as number) + (minimums[block] as number);
};

/** The product of the mapped matrix with `x` [tokens, columns]. */
function product(
  folder: string,
  matrix: BlockMatrix,
  packed: PackedMatrix,
  x: Float32Array,
  prepacked?: PrepackedWeights,
): Float32Array {
  const g = new GraphBuilder('product');
  g.input('x', 'float32', ['T', columns]);
  g.node('MatMulNBits', ['x', ...packedOperands(g, 'w', matrix, packed)], packedAttributes(matrix), 'y');
  g.output('y', 'float32', ['T', matrix.rows]);
  const built = g.build();
  const standing = unreadInputs(built.inputs);
  const session = new Session(built.bytes, { folder, standing, ...(prepacked && { prepacked }) });
  const input = new Tensor('float32', x, [x.length / columns, columns]);
  const output = Tensor.zeros('float32', [x.length / columns, matrix.rows]);
  const binding = session.bind({ inputs: { x: input }, outputs: { y: output } });
  session.runSync(binding);
  for (const handle of [binding, session, input, output, ...standing.values()]) handle.close();
  return output.data;
}

describe.skipIf(process.arch !== 'x64' || process.platform === 'win32')('packed files', () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const clean of cleanups.splice(0)) clean();
  });
  const place = (): string => {
    const folder = temporaryFolder();
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    return path.join(folder, 'packed', 'model');
  };
  const files = (folder: string): PackedFiles => new PackedFiles(openPackedFolder(folder));
  /** Asks, makes what is missing, and asks again. */
  const ask = (at: PackedFiles, name: string, matrix: BlockMatrix, stamp: string, count = { made: 0 }) => {
    const found = () =>
      at.matrix(
        name,
        matrix,
        () => stamp,
        () => {
          count.made++;
          return matrix;
        },
      );
    const there = found();
    if (there !== 'missing') return there;
    while (at.missing > 0) at.makeOne();
    const packed = found();
    expect(packed).not.toBe('missing');
    return packed as PackedMatrix | undefined;
  };
  const made = (at: PackedFiles, matrix: BlockMatrix, stamp = 'a', count = { made: 0 }): PackedMatrix => {
    const packed = ask(at, 'w', matrix, stamp, count);
    expect(packed).toBeDefined();
    return packed as PackedMatrix;
  };

  it.each([4, 8] as const)('multiply with every minimum of %i-bit blocks, one row or many', bits => {
    const folder = place();
    const matrix = draw(bits, 931, bits);
    const packed = made(files(folder), matrix);
    for (const tokens of [1, 3, 40]) {
      // The largest of each block is 127 of its 127 steps and the others are whole steps: nothing is lost in rounding them.
      const x = Float32Array.from({ length: tokens * columns }, (_, i) =>
        i % 32 === 0 ? 127 : ((i * 29) % 255) - 127,
      );
      const y = product(folder, matrix, packed, x);
      for (let token = 0; token < tokens; token += 13) {
        for (let row = 0; row < matrix.rows; row += 5) {
          let [sum, size] = [0, 0];
          for (let k = 0; k < columns; k++) {
            const part = (x[token * columns + k] as number) * weightAt(matrix, row, k);
            sum += part;
            size += Math.abs(part);
          }
          expect(Math.abs((y[token * matrix.rows + row] as number) - sum) / size).toBeLessThan(1e-5);
        }
      }
    }
  });

  it('are made once, and mapped by whoever opens the folder next', () => {
    const folder = place();
    const matrix = draw(4, 700, 1);
    const count = { made: 0 };
    const first = made(files(folder), matrix, 'a', count);
    expect(made(files(folder), matrix, 'a', count)).toEqual(first);
    expect(count.made).toBe(1);
    // Scratch files are gone; the quants themselves are not stored a second time.
    const aside = ['layout.4.packed', 'layout.8.packed', 'package.json', '.checked'];
    const names = readdirSync(folder).filter(name => !aside.includes(name));
    expect(names).toEqual([first.location]);
    const stored = statSync(path.join(folder, first.location)).blocks * 512;
    const inMemory = statfsSync(folder).type === 0x01021994;
    if (!inMemory) expect(stored).toBeLessThan(1.6 * 700 * columns * 0.75);
  });

  it('are made anew for other content, and when they were cut off or written over', () => {
    const folder = place();
    const [one, other] = [draw(4, 700, 1), draw(4, 700, 2)];
    const count = { made: 0 };
    const x = Float32Array.from({ length: columns }, (_, i) => Math.cos(i));
    const before = product(folder, one, made(files(folder), one, 'a', count), x);
    const after = product(folder, other, made(files(folder), other, 'b', count), x);
    expect(count.made).toBe(2);
    expect(after).not.toEqual(before);
    const { location } = made(files(folder), other, 'b', count);
    expect(count.made).toBe(2);
    appendFileSync(path.join(folder, location), 'x');
    const again = made(files(folder), other, 'b', count);
    expect(count.made).toBe(3);
    expect(product(folder, other, again, x)).toEqual(after);
  });

  const damages: Readonly<Record<string, (bytes: Buffer, offset: number) => Buffer>> = {
    'an empty file': () => Buffer.alloc(0),
    'one that was cut in the middle': bytes => bytes.subarray(0, bytes.length >> 1),
    'one that lost its last byte': bytes => bytes.subarray(0, -1),
    'a bit of the mark': bytes => flipped(bytes, 3),
    'a bit of the hole': (bytes, offset) => flipped(bytes, offset >> 1),
    'the first bit that kernels read': (bytes, offset) => flipped(bytes, offset),
    'a bit of a scale': bytes => flipped(bytes, bytes.length - 600),
    'the name of the packed form': bytes => flipped(bytes, bytes.indexOf('"key":"') + 9),
    'a bit of the checksum': bytes => flipped(bytes, bytes.indexOf('"sha256":"') + 12),
    zeros: bytes => Buffer.alloc(bytes.length),
    noise: bytes => bytes.map((_, i) => (i * 2654435761) >>> 13) as Buffer,
    'an end that says null': bytes =>
      Buffer.concat([bytes.subarray(0, -512), Buffer.from('null'.padEnd(512))]),
    'an end that says nothing': bytes =>
      Buffer.concat([bytes.subarray(0, -512), Buffer.from('{}'.padEnd(512))]),
  };
  const flipped = (bytes: Buffer, at: number): Buffer => {
    const out = Buffer.from(bytes);
    out[at] = (out[at] as number) ^ 1;
    return out;
  };

  it.each(Object.entries(damages))('are made anew after damage: %s', async (_, damage) => {
    const folder = place();
    const warnings: (Error & { code?: string })[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    cleanups.push(() => process.off('warning', listen));
    const [matrix, count] = [draw(4, 700, 1), { made: 0 }];
    const x = Float32Array.from({ length: columns }, (_, i) => Math.cos(i));
    const { location, prepacked } = made(files(folder), matrix, 'a', count);
    const right = product(folder, matrix, { location, prepacked }, x);
    const file = path.join(folder, location);
    for (let time = 1; time <= 2; time++) {
      const { atime, mtime } = statSync(file);
      writeFileSync(file, damage(readFileSync(file), prepacked.offset));
      utimesSync(file, atime, mtime);
      expect(product(folder, matrix, made(files(folder), matrix, 'a', count), x)).toEqual(right);
      expect(count.made).toBe(1 + time);
    }
    await new Promise(resolve => setImmediate(resolve));
    const own = warnings.filter(({ message }) => message.includes(file));
    expect(own.map(({ code }) => code)).toEqual(['io/invalid']);
  });

  it('are not taken for one another when files change places', () => {
    const folder = place();
    const [one, other] = [draw(4, 700, 1), draw(4, 700, 2)];
    const x = Float32Array.from({ length: columns }, (_, i) => Math.cos(i));
    const all = () => {
      const at = files(folder);
      return [
        [one, ask(at, 'one', one, 'same')],
        [other, ask(at, 'other', other, 'same')],
      ] as const;
    };
    const locations = all().map(([, packed]) => path.join(folder, packed?.location as string));
    const products = () =>
      all().map(([matrix, packed]) => product(folder, matrix, packed as PackedMatrix, x));
    const right = products();
    const contents = locations.map(file => readFileSync(file));
    for (const [index, file] of locations.entries()) writeFileSync(file, contents[1 - index] as Buffer);
    expect(products()).toEqual(right);
  });

  it('are read through once, and again when somebody has touched them', () => {
    const folder = place();
    const [matrix, count] = [draw(4, 700, 1), { made: 0 }];
    const { location, prepacked } = made(files(folder), matrix, 'a', count);
    const bytesRead = (): number => {
      const plain = openPackedFolder(folder);
      let total = 0;
      const counting = (name: string) => {
        const source = plain.open(name);
        if (source === undefined || name !== location) return source;
        const read = (offset: number, length: number) => {
          total += length;
          return source.read(offset, length);
        };
        return { size: source.size, read, close: () => source.close() };
      };
      made(new PackedFiles({ ...plain, open: counting }), matrix, 'a', count);
      return total;
    };
    expect(bytesRead()).toBe(512);
    utimesSync(path.join(folder, location), new Date(), new Date());
    expect(bytesRead()).toBeGreaterThan(prepacked.length);
    expect(bytesRead()).toBe(512);
    rmSync(path.join(folder, '.checked'));
    expect(bytesRead()).toBeGreaterThan(prepacked.length);
    expect(bytesRead()).toBe(512);
    // Lines of this kind are left where identities change all the time.
    appendFileSync(path.join(folder, '.checked'), 'x'.repeat(1 << 20));
    expect(bytesRead()).toBeGreaterThan(prepacked.length);
    expect(bytesRead()).toBe(512);
    expect(statSync(path.join(folder, '.checked')).size).toBeLessThan(1000);
    expect(count.made).toBe(1);
  });

  it('of several matrices and sessions keep apart in one container', () => {
    const folder = place();
    const prepacked = new PrepackedWeights();
    const x = Float32Array.from({ length: columns }, (_, i) => Math.cos(i));
    const store = files(folder);
    const results = [1, 2, 1].map(seed => {
      const matrix = draw(4, 700, seed);
      const packed = ask(store, `w${seed}`, matrix, `${seed}`) as PackedMatrix;
      const shared = product(folder, matrix, packed, x, prepacked);
      expect(shared).toEqual(product(folder, matrix, packed, x));
      return shared;
    });
    expect(results[0]).toEqual(results[2]);
    expect(results[0]).not.toEqual(results[1]);
    prepacked.close();
  });

  it('are not made for small matrices, nor where nothing can be written', () => {
    const folder = place();
    const small = draw(4, 30, 1);
    expect(ask(files(folder), 'w', small, '')).toBeUndefined();
    const matrix = draw(4, 700, 1);
    openPackedFolder(folder).write('file', 1, []);
    const nowhere = files(path.join(folder, 'file', 'model'));
    expect(ask(nowhere, 'w', matrix, '')).toBeUndefined();
  });

  it('release every handle', () => {
    const folder = place();
    const before = liveHandles();
    made(files(folder), draw(8, 300, 1));
    expect(liveHandles()).toBe(before);
  });

  it('let folders go that nobody has opened for a month', () => {
    const folder = place();
    const [old, recent] = ['old', 'recent'].map(name => path.join(path.dirname(folder), name)) as [
      string,
      string,
    ];
    for (const other of [old, recent]) openPackedFolder(other).write('a', 3, []);
    const long = new Date(Date.now() - 40 * 86_400_000);
    utimesSync(old, long, long);
    utimesSync(recent, long, long);
    openPackedFolder(recent).open('a')?.close();
    openPackedFolder(folder).write('a', 2, [{ at: 1, bytes: Uint8Array.of(7) }]);
    expect(readdirSync(path.dirname(folder)).sort()).toEqual(['model', 'recent']);
    expect([...readFileSync(path.join(folder, 'a'))]).toEqual([0, 7]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o700);
  });
});
