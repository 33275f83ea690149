// The frozen weights of one model, each in every layout that some graph asks for, shared by all sessions.

import { sha256Hex } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { FrozenWeight } from '../architecture/graph.js';
import { blockBits } from '../formats/blocks.js';
import type { PackedFolder } from '../formats/packedFolder.js';
import { entryOf, type WeightSource } from '../formats/source.js';
import { type BuiltGraph, type DType, elementCount, type GraphBuilder, type Value } from '../onnx/index.js';
import { PrepackedWeights, Session, type SessionOptions, Tensor } from '../runtime/index.js';
import {
  type BlockMatrix,
  PackedFiles,
  packedAttributes,
  packedOperands,
  unreadInputs,
} from './packedFile.js';
import {
  blockSize,
  blocksOf,
  type PackedBlocks,
  quantiseColumns,
  quantiseRows,
  spreadBlocks,
} from './packing.js';
import { kernelsRepack, wholeRowProducts } from './repacking.js';
import { packColumns, packRows } from './rows.js';

/** Inputs of MatMulIntegerToFloat: int8 [inputs, outputs], and a scale for each output. */
export type RowOperands = readonly [quants: Value, scales: Value];

/** What MatMulNBits multiplies with: its inputs after the first (quants, scales, zeros, as far as they are), and its attributes. */
export interface BlockOperands {
  readonly inputs: readonly Value[];
  readonly attributes: ReturnType<typeof packedAttributes>;
}

interface Part {
  readonly name: Value;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Kernels repack it at load: it is made for every session that is opened, and released then. */
  readonly transient: boolean;
}

/** Parts that are made together. */
interface Recipe {
  readonly parts: readonly Part[];
  /** Where it takes long it gives an iterator over its slices, between which others may have their turn. */
  fill(tensors: readonly Tensor[]): Iterable<void> | void;
}

/** What is made so quickly that others need not have their turn after it. */
const smallElements = 1 << 16;
const elements = (parts: readonly Part[]): number =>
  Math.max(...parts.map(({ shape }) => elementCount(shape)));

/** The event loop's other work. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Of a matrix that is transposed piece by piece; whole blocks. */
const stripRows = 16 * blockSize;

/**
 * A graph under construction declares the weights it reads (`vector`, `matrix`, `blocks`, `rows` …); `open`
 * then makes those that are missing and opens a session on them. Several matrices of the same number of columns stack
 * into one, row after row. What kernels repack is held once in their layout, and not in ours.
 */
type OpenOptions = Omit<SessionOptions, 'initializers' | 'transient' | 'prepacked'>;

export class WeightStore {
  readonly #source: WeightSource;
  readonly #recipes = new Map<string, Recipe>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #prepacked = new PrepackedWeights();
  readonly #files: PackedFiles | undefined;
  readonly #unread = new Map<string, Tensor>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** With a folder, forward blocks are mapped from files in it, as long as this machine's kernels pack as expected. */
  constructor(source: WeightSource, folder?: PackedFolder) {
    this.#source = source;
    this.#files = folder && new PackedFiles(folder);
  }

  /** A tensor's values, where the graph has something else made of them. */
  values(name: string): Float32Array {
    return this.#source.read(name);
  }

  /** float32 [n]; several are joined end to end. */
  vector(graph: GraphBuilder, ...names: readonly string[]): Value {
    const sizes = names.map(name => entryOf(this.#source.tensors, name).shape[0] as number);
    const size = sizes.reduce((sum, one) => sum + one, 0);
    return this.#float(graph, `vector ${names.join('+')}`, [size], out => {
      let at = 0;
      for (const [index, name] of names.entries()) {
        out.set(this.#source.read(name), at);
        at += sizes[index] as number;
      }
    });
  }

  /** float32 [rows, columns], the one float copy for y = x W^T (transB) and dx = dy W alike. */
  matrix(graph: GraphBuilder, weights: readonly FrozenWeight[]): Value {
    const { rows, columns, key } = stacked(weights);
    return this.#float(graph, `matrix ${key}`, [rows, columns], out => this.#stack(weights, out));
  }

  /** Blocks of W for y = x W^T: the file's own, mapped, or spread over 8 bits in memory. */
  blocks(graph: GraphBuilder, weights: readonly FrozenWeight[]): BlockOperands {
    const { rows, columns, key } = stacked(weights);
    const own = weights.every(({ name }) => this.#bits(name) === 4);
    // Kernels of AVX2 pack 4 bits in a way that is not understood; in 8 the same blocks are as exact.
    for (const bits of own ? ([4, 8] as const) : ([8] as const)) {
      const shape = { bits, rows, columns };
      const packed = this.#files?.matrix(
        key,
        shape,
        () => this.#stamp(weights),
        () => this.#gather(weights, shape),
      );
      if (packed === undefined) continue;
      // It is yet to be made, or read through: another in 8 bits would not be asked for again.
      if (packed === 'missing') break;
      const inputs = packedOperands(graph, `packed ${key}`, shape, packed);
      return { inputs, attributes: packedAttributes(shape) };
    }
    return this.#blocks(graph, `blocks ${key}`, rows, columns, out => this.#pack(weights, out));
  }

  /** 8-bit blocks of W^T for dx = dy W: MatMulNBits with K = rows, N = columns. */
  transposedBlocks(graph: GraphBuilder, weights: readonly FrozenWeight[]): BlockOperands {
    const { rows, columns, key } = stacked(weights);
    const source = this;
    return this.#blocks(graph, `transposed ${key}`, columns, rows, function* (out) {
      // In strips: the float32 values of a whole head would be the largest thing that is ever in memory.
      for (let row = 0; row < rows; row += stripRows) {
        const count = Math.min(stripRows, rows - row);
        const strip = source.#rows(weights, row, count);
        quantiseColumns(strip, count, columns, out, row / blockSize, blocksOf(rows));
        yield;
      }
    });
  }

  /** 8-bit blocks of W as plain numbers, int8 [rows, blocks, 32] and float32 [rows, blocks, 1]; its rows are whole blocks. */
  rowBlocks(graph: GraphBuilder, weight: FrozenWeight): { quants: Value; scales: Value } {
    const { name, rows, columns } = weight;
    const source = this;
    const blocks = blocksOf(columns);
    const [quants, scales] = [`row blocks ${name} quants`, `row blocks ${name} scales`];
    const parts = [
      { name: quants, dtype: 'int8', shape: [rows, blocks, blockSize], transient: false },
      { name: scales, dtype: 'float32', shape: [rows, blocks, 1], transient: false },
    ] as const;
    this.#declare(graph, {
      parts,
      fill: function* ([quants, scales]) {
        const out = { quants: quants?.data as Int8Array, scales: scales?.data as Float32Array };
        for (let row = 0; row < rows; row += stripRows) {
          const count = Math.min(stripRows, rows - row);
          const strip = {
            quants: new Uint8Array(count * columns),
            scales: new Float32Array(count * blocks),
            zeros: new Uint8Array(count * blocks),
          };
          quantiseRows(source.#rows([weight], row, count), count, columns, strip, 0);
          out.scales.set(strip.scales, row * blocks);
          // From around 128 to around 0.
          const to = row * columns;
          for (let i = 0; i < strip.quants.length; i++)
            out.quants[to + i] = (strip.quants[i] as number) - 128;
          yield;
        }
      },
    });
    return { quants, scales };
  }

  /**
   * Whole rows in int8, of W for y = x W^T (`forward`) or of W^T for dx = dy W (`backward`), with the summed dimension
   * rotated in runs of `rotation`: see rows.ts. `plain`: an input of the graph that is the same in every run, since what is
   * known when a session opens is packed beside the original.
   */
  rows(
    graph: GraphBuilder,
    weights: readonly FrozenWeight[],
    pass: 'forward' | 'backward',
    rotation: number,
    plain = false,
  ): RowOperands {
    const { rows, columns, key } = stacked(weights);
    const [inputs, outputs] = pass === 'forward' ? [columns, rows] : [rows, columns];
    const name = `${plain ? 'plain' : 'packed'} ${pass} rows ${rotation} ${key}`;
    const transient = !plain && wholeRowProducts().repacked;
    const parts = [
      { name: `${name} quants`, dtype: 'int8', shape: [inputs, outputs], transient },
      { name: `${name} scales`, dtype: 'float32', shape: [outputs], transient: false },
    ] as const;
    const fill = ([quants, scales]: readonly Tensor[]): void => {
      const values = new Float32Array(rows * columns);
      this.#stack(weights, values);
      const out = { quants: quants?.data as Int8Array, scales: scales?.data as Float32Array };
      if (pass === 'forward') packRows(values, rows, columns, rotation, out);
      else packColumns(values, columns, rotation, out);
    };
    this.#declare(graph, { parts, fill }, plain);
    return [parts[0].name, parts[1].name];
  }

  /** Whether every packed file was there that lowerings have asked for. */
  get complete(): boolean {
    return this.#files === undefined || this.#files.missing === 0;
  }

  /**
   * What `lower` makes when the packed files that it asks for are there: those that are missing are made, each in a turn of
   * the event loop, and it is called again. `engine/closed` where the store is closed meanwhile.
   */
  async lowered<T>(lower: () => T): Promise<T> {
    for (;;) {
      const graph = lower();
      if (this.complete) return graph;
      while (!this.complete) {
        this.#files?.makeOne();
        await turn();
        this.#check();
      }
    }
  }

  /**
   * Opens a session on the weights that the graph declared, without holding up the event loop. `engine/closed` where the
   * store is closed before its weights are made.
   */
  open(graph: BuiltGraph, options: OpenOptions): Promise<Session> {
    // One after the other: the next one finds the weights that this one makes.
    const opened = this.#last.then(() => this.#open(graph, options));
    this.#last = opened.catch(() => undefined);
    return opened;
  }

  async #open(graph: BuiltGraph, options: OpenOptions): Promise<Session> {
    this.#check();
    const names = graph.externals.map(({ name }) => name);
    for (const [name, tensor] of unreadInputs(graph.inputs.filter(input => !this.#unread.has(input))))
      this.#unread.set(name, tensor);
    const unread = [...this.#unread].filter(([name]) => graph.inputs.includes(name));
    const given = graph.inputs.filter(name => this.#recipes.has(name));
    const folder = this.#files?.folder.path;
    const mapping = unread.length === 0 || folder === undefined ? {} : { folder };
    const transient = new Set(
      names.filter(name => options.prepacking !== false && this.#part(name).transient),
    );
    try {
      for (const name of [...names, ...given]) await this.#make(name);
      const made = (name: string) => [name, this.#tensors.get(name) as Tensor] as const;
      const initializers = new Map(names.map(made));
      const standing = new Map([...unread, ...given.map(made)]);
      const prepacked = this.#prepacked;
      const all = { ...options, ...mapping, standing, initializers, transient, prepacked };
      return await Session.open(graph.bytes, all);
    } finally {
      for (const name of transient) {
        this.#tensors.get(name)?.close();
        this.#tensors.delete(name);
      }
    }
  }

  /** Sessions that are open, or being opened, keep what they use. */
  close(): void {
    this.#closed = true;
    for (const tensor of [...this.#tensors.values(), ...this.#unread.values()]) tensor.close();
    this.#tensors.clear();
    this.#unread.clear();
    this.#prepacked.close();
  }

  #float(
    graph: GraphBuilder,
    name: string,
    shape: readonly number[],
    fill: (out: Float32Array) => void,
  ): Value {
    const parts = [{ name, dtype: 'float32', shape, transient: false }] as const;
    this.#declare(graph, { parts, fill: ([out]) => fill(out?.data as Float32Array) });
    return name;
  }

  #blocks(
    graph: GraphBuilder,
    key: string,
    rows: number,
    columns: number,
    fill: (out: PackedBlocks) => Iterable<void> | void,
  ): BlockOperands {
    const attributes = packedAttributes({ bits: 8, rows, columns });
    const transient = kernelsRepack(rows, columns, attributes);
    const count = [rows * blocksOf(columns)];
    const parts = [
      { name: `${key} quants`, dtype: 'uint8', shape: [rows, blocksOf(columns), blockSize], transient },
      { name: `${key} scales`, dtype: 'float32', shape: count, transient: false },
      { name: `${key} zeros`, dtype: 'uint8', shape: count, transient: false },
    ] as const;
    this.#declare(graph, {
      parts,
      fill: ([quants, scales, zeros]) =>
        fill({
          quants: quants?.data as Uint8Array,
          scales: scales?.data as Float32Array,
          zeros: zeros?.data as Uint8Array,
        }),
    });
    return { inputs: parts.map(({ name }) => name), attributes };
  }

  #declare(graph: GraphBuilder, recipe: Recipe, standing = false): void {
    for (const { name, dtype, shape } of recipe.parts) {
      if (!this.#recipes.has(name)) this.#recipes.set(name, recipe);
      if (!standing) graph.external(name, dtype, shape);
      else if (!graph.has(name)) graph.input(name, dtype, shape);
    }
  }

  #recipe(name: string): Recipe {
    const recipe = this.#recipes.get(name);
    if (recipe === undefined) throw new SkeinError('internal', `No graph of this store declared ${name}.`);
    return recipe;
  }

  #part(name: string): Part {
    return this.#recipe(name).parts.find(part => part.name === name) as Part;
  }

  #check(): void {
    if (this.#closed) throw new SkeinError('engine/closed', 'The model is closed.');
  }

  /** Makes a recipe's missing parts. Those that sessions already read are not written again, but beside. */
  async #make(name: string): Promise<void> {
    if (this.#tensors.has(name)) return;
    const { parts, fill } = this.#recipe(name);
    const made = parts.map(({ dtype, shape }) => Tensor.native(dtype, shape));
    try {
      for (const _ of fill(made) ?? []) await this.#pause();
      if (elements(parts) > smallElements) await this.#pause();
    } catch (error) {
      for (const tensor of made) tensor.close();
      throw error;
    }
    for (const [index, part] of parts.entries()) {
      const tensor = made[index] as Tensor;
      if (this.#tensors.has(part.name)) tensor.close();
      else this.#tensors.set(part.name, tensor);
    }
  }

  async #pause(): Promise<void> {
    await turn();
    this.#check();
  }

  /** Rows of the stacked matrix. */
  #rows(weights: readonly FrozenWeight[], first: number, count: number): Float32Array {
    const out = new Float32Array(count * (weights[0]?.columns ?? 0));
    let start = 0;
    for (const { name, rows, columns } of weights) {
      const [from, to] = [Math.max(first, start), Math.min(first + count, start + rows)];
      if (from < to) out.set(this.#source.rows(name, from - start, to - from), (from - first) * columns);
      start += rows;
    }
    return out;
  }

  #stack(weights: readonly FrozenWeight[], out: Float32Array): void {
    let at = 0;
    for (const { name } of weights) {
      const values = this.#source.read(name);
      out.set(values, at);
      at += values.length;
    }
  }

  /** Of the file's own quants; undefined where the tensor has no blocks. */
  #bits(name: string): number | undefined {
    return blockBits(entryOf(this.#source.tensors, name).type);
  }

  /** Tells these matrices from others of the same names and shapes: the order of their rows, and the middle one of each. */
  #stamp(weights: readonly FrozenWeight[]): string {
    const parts = weights.map(({ name, rows }) => this.#source.rows(name, rows >> 1, 1));
    return sha256Hex(
      this.#source.rowOrder,
      ...parts.map(row => new Uint8Array(row.buffer, row.byteOffset, row.byteLength)),
    );
  }

  /** The quants, scales and minimums of the file as they are; what has no blocks is quantised to 8 bits. */
  #gather(
    weights: readonly FrozenWeight[],
    shape: Pick<BlockMatrix, 'bits' | 'rows' | 'columns'>,
  ): BlockMatrix {
    const count = shape.rows * blocksOf(shape.columns);
    const quants = new Uint8Array(count * blockSize);
    const scales = new Float32Array(count);
    const minimums = new Float32Array(count);
    const zeros = new Uint8Array(count);
    let at = 0;
    for (const { name, rows, columns } of weights) {
      const blocks = this.#source.blocks(name);
      if (blocks === undefined) {
        quantiseRows(this.#source.read(name), rows, columns, { quants, scales, zeros }, at);
        for (let i = at; i < at + rows * blocksOf(columns); i++)
          minimums[i] = -(zeros[i] as number) * (scales[i] as number);
      } else {
        quants.set(blocks.quants, at * blockSize);
        scales.set(blocks.scales, at);
        minimums.set(blocks.minimums, at);
      }
      at += rows * blocksOf(columns);
    }
    return { ...shape, quants, scales, minimums };
  }

  #pack(weights: readonly FrozenWeight[], out: PackedBlocks): void {
    let at = 0;
    for (const { name, rows, columns } of weights) {
      const blocks = this.#source.blocks(name);
      if (blocks === undefined) quantiseRows(this.#source.read(name), rows, columns, out, at);
      else spreadBlocks(blocks, out, at);
      at += rows * blocksOf(columns);
    }
  }
}

function stacked(weights: readonly FrozenWeight[]): { rows: number; columns: number; key: string } {
  return {
    rows: weights.reduce((sum, weight) => sum + weight.rows, 0),
    columns: weights[0]?.columns ?? 0,
    key: weights.map(weight => weight.name).join('+'),
  };
}
