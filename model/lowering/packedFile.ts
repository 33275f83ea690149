// Weights in the layout of this machine's kernels, in files that ONNX Runtime maps: nothing is packed into memory at load,
// and every block has its own minimum, which no zero point of MatMulNBits could say.
//
// MatMulNBits (accuracy level 4, on x86) packs a matrix into integers, scales, and for each block -scale * zero, with which
// the sum of the block's inputs is multiplied (qnbitgemm.h, sqnbitgemm_kernel_avx_common.h). ONNX Runtime saves what kernels
// pack and maps it again. So the saved form is kept with scales and minimums of ours in place of those two tables; the
// node's own scales are an input that no kernel reads. Where the tables stand is found out by packing known numbers, and
// that the product is right by multiplying: elsewhere, and on other versions, `packs` is false.

import { sha256Hex, utf8 } from '../../core/bytes.js';
import { isSkeinError, SkeinError } from '../../core/errors.js';
import type { PackedFolder } from '../formats/packedFolder.js';
import { externalFile, GraphBuilder, type Prepacked, prepackedOf, type Value } from '../onnx/index.js';
import { Session, Tensor } from '../runtime/index.js';
import { isWhole, readSeal, sealBytes, sealOf } from './packedSeal.js';
import { blockSize, blocksOf } from './packing.js';

/** A [rows, columns] matrix in blocks of 32 along its rows: value = scale * quant + minimum. */
export interface BlockMatrix {
  readonly bits: 4 | 8;
  readonly rows: number;
  readonly columns: number;
  /** One byte a value, [rows, blocks, 32]. */
  readonly quants: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  readonly minimums: Float32Array;
}

type Shape = Pick<BlockMatrix, 'bits' | 'rows' | 'columns'>;

export interface PackedMatrix {
  readonly location: string;
  readonly prepacked: Prepacked;
}

const zeroPoint = { 4: 8, 8: 128 } as const;
/** Mapped parts of a file begin at a multiple of it. */
const page = 4096;
/** Smaller matrices are not worth a file. */
const fewestBytes = 65_536;
const quantBytes = ({ bits, rows, columns }: Shape): number =>
  (rows * blocksOf(columns) * blockSize * bits) / 8;
const blockCount = ({ rows, columns }: Shape): number => rows * blocksOf(columns);

export const packedAttributes = ({ bits, rows, columns }: Shape) => ({
  K: columns,
  N: rows,
  bits,
  block_size: blockSize,
  accuracy_level: 4,
});
export const quantShape = ({ bits, rows, columns }: Shape): readonly number[] => [
  rows,
  blocksOf(columns),
  (blockSize * bits) / 8,
];

/** Two quants a byte, the first in its lower half. */
function joined({ bits, quants }: BlockMatrix): Uint8Array {
  if (bits === 8) return quants;
  const out = new Uint8Array(quants.length / 2);
  for (let i = 0; i < out.length; i++)
    out[i] = (quants[2 * i] as number) | ((quants[2 * i + 1] as number) << 4);
  return out;
}

/** What the kernel packs of these quants, with the hash by which ONNX Runtime will know it. Scales are left out, or packed too. */
function packByKernel(
  folder: PackedFolder,
  shape: Shape,
  quants: readonly { at: number; bytes: Uint8Array }[],
  scales?: Float32Array<ArrayBuffer>,
): { key: string; bytes: Uint8Array<ArrayBuffer> } | undefined {
  const [raw, model, data] = ['packing', 'packing.onnx', 'packing.data'].map(
    name => `${name}.${folder.unique}`,
  ) as [string, string, string];
  const g = new GraphBuilder('packing');
  g.input('x', 'float32', ['T', shape.columns]);
  g.mapped('quants', 'uint8', quantShape(shape), { location: raw });
  const count = blockCount(shape);
  if (scales === undefined) g.input('scales', 'float32', [count]);
  else g.constant('float32', scales, [count], 'scales');
  g.node('MatMulNBits', ['x', 'quants', 'scales'], packedAttributes(shape), 'y');
  g.output('y', 'float32', ['T', shape.rows]);
  try {
    folder.write(raw, quantBytes(shape), quants);
    const save = { model: `${folder.path}/${model}`, data };
    new Session(g.build().bytes, { folder: folder.path, level: 0, save }).close();
    const found = prepackedOf(whole(folder, model), 'quants');
    if (found === undefined) return undefined;
    return { key: found.key, bytes: whole(folder, data, found.offset, found.length) };
  } finally {
    for (const name of [raw, model, data]) folder.remove(name);
  }
}

function whole(folder: PackedFolder, name: string, offset = 0, length?: number): Uint8Array<ArrayBuffer> {
  const source = folder.open(name);
  if (source === undefined) throw new SkeinError('engine/runtime', `ONNX Runtime saved no ${name}.`);
  try {
    return source.read(offset, length ?? source.size - offset) as Uint8Array<ArrayBuffer>;
  } finally {
    source.close();
  }
}

/** Where each block's scale and minimum stand among the float32 values of a packed matrix. */
interface Tables {
  readonly scales: Int32Array;
  readonly minimums: Int32Array;
}

/** Packs zeros with the scales 1, 2, 3 …: every table entry then says whose it is. */
function findTables(folder: PackedFolder, shape: Shape): Tables | undefined {
  const count = blockCount(shape);
  const scales = Float32Array.from({ length: count }, (_, index) => index + 1);
  const packed = packByKernel(folder, shape, [], scales);
  if (packed === undefined) return undefined;
  const values = floats(packed.bytes);
  const tables = { scales: new Int32Array(count).fill(-1), minimums: new Int32Array(count).fill(-1) };
  for (const [place, value] of values.entries()) {
    const [table, index] =
      value > 0 ? [tables.scales, value - 1] : [tables.minimums, value / -zeroPoint[shape.bits] - 1];
    if (Number.isInteger(index) && index >= 0 && index < count) table[index] = place;
  }
  const complete = [tables.scales, tables.minimums].every(table => !table.includes(-1));
  return complete ? tables : undefined;
}

const floats = (bytes: Uint8Array<ArrayBuffer>): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);

/** Packed files of one model. A matrix is packed when it is first asked for, and mapped ever after. */
export class PackedFiles {
  readonly folder: PackedFolder;
  readonly #tables = new Map<string, Tables | undefined>();
  /** What `matrix` was asked for and did not find. */
  readonly #missing = new Map<string, () => void>();
  readonly #refused = new Set<string>();
  /** Read through or made by this object. */
  readonly #whole = new Set<string>();
  #ready = false;

  constructor(folder: PackedFolder) {
    this.folder = folder;
  }

  /**
   * The file of a matrix. `stamp` says what it was made of: with another stamp it is not the one. Undefined where this
   * machine's kernels pack in a way that is not understood, where the folder cannot be written, and for small matrices.
   */
  matrix(
    name: string,
    shape: Shape,
    stamp: () => string,
    make: () => BlockMatrix,
  ): PackedMatrix | 'missing' | undefined {
    if (quantBytes(shape) < fewestBytes) return undefined;
    return this.#attempt(() => {
      this.#prepare();
      const layout = layoutOf(this.folder, shape.bits);
      if (layout === undefined) return undefined;
      const location = `${sha256Hex(name, layout, JSON.stringify(shape)).slice(0, 32)}.packed`;
      if (this.#refused.has(location)) return undefined;
      const made = stamp();
      const found = foundPacked(this.folder, location, shape, made);
      const trusted = this.#whole.has(location) || this.folder.known(location);
      if (typeof found === 'object' && trusted) return found;
      this.#missing.set(location, () => {
        const done = this.#attempt(() => this.#provide(location, shape, made, make));
        if (done === undefined) this.#refused.add(location);
        else this.#whole.add(location);
      });
      return 'missing';
    });
  }

  /** A file that is there already, or has come meanwhile from another process, need only be read through. */
  #provide(location: string, shape: Shape, stamp: string, make: () => BlockMatrix): PackedMatrix | undefined {
    const found = foundPacked(this.folder, location, shape, stamp);
    const whole = typeof found === 'object' && wholePacked(this.folder, location);
    if (!whole && found !== 'other') this.folder.damaged(location);
    const packed = whole ? found : this.#make(location, stamp, make());
    if (packed !== undefined) this.folder.remember(location);
    return packed;
  }

  /** How many files were asked for that are not there, and were not tried to make. */
  get missing(): number {
    return this.#missing.size;
  }

  /** Makes one of them, if it can be: a slice of work that another may follow when the event loop has had its turn. */
  makeOne(): void {
    // Processes that start together on an empty folder take different ones, and find the others' when they come to them.
    const chosen = [...this.#missing][process.pid % this.#missing.size];
    if (chosen === undefined) return;
    const [location, make] = chosen;
    this.#missing.delete(location);
    make();
  }

  #attempt<T>(work: () => T | undefined): T | undefined {
    try {
      return work();
    } catch (error) {
      if (isSkeinError(error) && (error.code.startsWith('io/') || error.code === 'engine/runtime'))
        return undefined;
      throw error;
    }
  }

  /** What else the graph reads is supplied, but ONNX Runtime wants the file that it names to be there. */
  #prepare(): void {
    if (this.#ready) return;
    const there = this.folder.open(externalFile);
    if (there === undefined) this.folder.write(externalFile, 0, []);
    there?.close();
    this.#ready = true;
  }

  #make(location: string, stamp: string, matrix: BlockMatrix): PackedMatrix | undefined {
    const { bits, rows, columns } = matrix;
    const key = `${bits} ${rows} ${columns}`;
    if (!this.#tables.has(key)) this.#tables.set(key, findTables(this.folder, matrix));
    const tables = this.#tables.get(key);
    if (tables === undefined) return undefined;
    return writePacked(this.folder, location, stamp, matrix, tables);
  }

  /** Nothing more will be packed. */
  forget(): void {
    this.#tables.clear();
  }
}

/** What stands under this name, as far as its end tells. `other`: nothing, or made of something else. */
function foundPacked(
  folder: PackedFolder,
  location: string,
  shape: Shape,
  stamp: string,
): PackedMatrix | 'other' | 'damaged' {
  const source = folder.open(location);
  if (source === undefined) return 'other';
  try {
    const seal = readSeal(source);
    if (seal === undefined || seal.location !== location) return 'damaged';
    if (seal.stamp !== stamp) return 'other';
    const { prepacked } = seal;
    return prepacked.offset === packedOffset(shape) ? { location, prepacked } : 'damaged';
  } finally {
    source.close();
  }
}

function wholePacked(folder: PackedFolder, location: string): boolean {
  const source = folder.open(location);
  try {
    return source !== undefined && isWhole(source);
  } finally {
    source?.close();
  }
}

/** Where what kernels packed begins. */
const packedOffset = (shape: Shape): number => Math.ceil(quantBytes(shape) / page) * page;

function writePacked(
  folder: PackedFolder,
  location: string,
  stamp: string,
  matrix: BlockMatrix,
  tables: Tables,
): PackedMatrix | undefined {
  const packed = packByKernel(folder, matrix, [{ at: 0, bytes: joined(matrix) }]);
  // The file has a mark in place of the quants, and zeros: ONNX Runtime packs them at load to know which packed form to map.
  const mark = { at: 0, bytes: utf8(location).subarray(0, Math.min(16, quantBytes(matrix))) };
  const key = packByKernel(folder, matrix, [mark])?.key;
  if (packed === undefined || key === undefined) return undefined;
  const values = floats(packed.bytes);
  for (let index = 0; index < matrix.scales.length; index++) {
    values[tables.scales[index] as number] = matrix.scales[index] as number;
    values[tables.minimums[index] as number] = matrix.minimums[index] as number;
  }
  const offset = packedOffset(matrix);
  const size = offset + packed.bytes.length;
  const prepacked = { key, offset, length: packed.bytes.length };
  const pieces = [mark, { at: offset, bytes: packed.bytes }];
  const seal = sealOf({ location, prepacked, stamp }, pieces, size);
  folder.write(location, size + sealBytes, [...pieces, { at: size, bytes: seal }]);
  return { location, prepacked };
}

/** The operands of MatMulNBits after its input: the mapped matrix, and scales that are not read (`unreadName`). */
export function packedOperands(
  graph: GraphBuilder,
  name: Value,
  shape: Shape,
  packed: PackedMatrix,
): readonly [quants: Value, scales: Value] {
  const unread = unreadName(shape);
  if (!graph.has(unread)) graph.input(unread, 'float32', [blockCount(shape)]);
  return [graph.mapped(name, 'uint8', quantShape(shape), packed), unread];
}

const unreadPrefix = 'unread.';
const unreadName = (shape: Shape): Value => `${unreadPrefix}${blockCount(shape)}`;

/** Tensors for the inputs of a graph that no kernel reads. */
export const unreadInputs = (inputs: readonly Value[]): Map<Value, Tensor> =>
  new Map(
    inputs
      .filter(name => name.startsWith(unreadPrefix))
      .map(name => [name, Tensor.native('float32', [Number(name.slice(unreadPrefix.length))])]),
  );

const layouts = new Map<number, string | undefined>();

/** A name for how kernels pack on this machine, found out once in a process; undefined where they do not as this file takes for granted. */
function layoutOf(folder: PackedFolder, bits: 4 | 8): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (!layouts.has(bits)) layouts.set(bits, tryLayout(folder, bits));
  return layouts.get(bits);
}

/**
 * Packs and multiplies a small matrix of odd sizes, one row and several, and compares with plain arithmetic. The packed matrix
 * is kept: another process need only multiply.
 */
function tryLayout(folder: PackedFolder, bits: 4 | 8): string | undefined {
  const shape = { bits, rows: 39, columns: 9 * blockSize };
  const count = blockCount(shape);
  const top = 2 ** bits - 1;
  const matrix: BlockMatrix = {
    ...shape,
    quants: Uint8Array.from({ length: count * blockSize }, (_, i) =>
      i % 7 === 0 ? top : (i * 37 + (i >> 5)) & top,
    ),
    scales: Float32Array.from({ length: count }, (_, i) => (1 + (i % 5)) / top),
    minimums: Float32Array.from({ length: count }, (_, i) => -1 - (i % 11) / 7),
  };
  const location = `layout.${bits}.packed`;
  const right = (packed: PackedMatrix | undefined): PackedMatrix | undefined =>
    packed !== undefined && multipliesRight(folder, matrix, packed) ? packed : undefined;
  const there = (): PackedMatrix | undefined => {
    const found = foundPacked(folder, location, shape, '');
    if (typeof found === 'object' && wholePacked(folder, location)) return found;
    if (found !== 'other') folder.damaged(location);
    return undefined;
  };
  const makeAnew = (): PackedMatrix | undefined => {
    const tables = findTables(folder, shape);
    return tables && writePacked(folder, location, '', matrix, tables);
  };
  // Kernels that pack otherwise than those that made it do not know the file, and read no scales at all.
  const packed = right(there()) ?? right(makeAnew());
  if (packed === undefined) return undefined;
  return sha256Hex(whole(folder, location, packed.prepacked.offset, packed.prepacked.length));
}

/** One row by it, and several, as plain arithmetic has them? */
function multipliesRight(folder: PackedFolder, matrix: BlockMatrix, packed: PackedMatrix): boolean {
  const { rows, columns } = matrix;
  const g = new GraphBuilder('layout');
  g.input('x', 'float32', ['T', columns]);
  g.node('MatMulNBits', ['x', ...packedOperands(g, 'w', matrix, packed)], packedAttributes(matrix), 'y');
  g.output('y', 'float32', ['T', rows]);
  const built = g.build();
  const standing = unreadInputs(built.inputs);
  const session = new Session(built.bytes, { folder: folder.path, standing });
  const right = (tokens: number): boolean => {
    const x = Tensor.zeros('float32', [tokens, columns]);
    x.data.forEach((_, i) => {
      x.data[i] = Math.sin(i * 1.7) + 0.2;
    });
    const y = Tensor.zeros('float32', [tokens, rows]);
    const binding = session.bind({ inputs: { x }, outputs: { y } });
    try {
      session.runSync(binding);
      return y.data.every((value, i) => near(value, matrix, x.data, i));
    } finally {
      for (const handle of [binding, x, y]) handle.close();
    }
  };
  try {
    return [1, 5].every(right);
  } finally {
    for (const handle of [session, ...standing.values()]) handle.close();
  }
}

/** Whether `value` is the product at place `i` of y [tokens, rows]. */
function near(value: number, matrix: BlockMatrix, x: Float32Array, i: number): boolean {
  const { rows, columns } = matrix;
  const [row, token] = [i % rows, Math.floor(i / rows)];
  let [sum, size] = [0, 0];
  for (let k = 0; k < columns; k++) {
    const block = row * blocksOf(columns) + Math.floor(k / blockSize);
    const weight =
      (matrix.scales[block] as number) * (matrix.quants[row * columns + k] as number) +
      (matrix.minimums[block] as number);
    const part = (x[token * columns + k] as number) * weight;
    sum += part;
    size += Math.abs(part);
  }
  // Inputs are rounded to 8 bits a block: some thousandths of the sum of sizes at worst.
  return Math.abs(value - sum) <= 0.004 * size;
}
