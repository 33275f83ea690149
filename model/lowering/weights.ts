// The frozen weights of one model, each in every layout that some graph asks for, shared by all sessions.

import { SkeinError } from '../../core/errors.js';
import type { FrozenWeight } from '../architecture/graph.js';
import { entryOf, type WeightSource } from '../formats/source.js';
import type { BuiltGraph, DType, GraphBuilder, Value } from '../onnx/index.js';
import { PrepackedWeights, Session, type SessionOptions, Tensor } from '../runtime/index.js';
import {
  blockSize,
  blocksOf,
  type PackedBlocks,
  quantiseColumns,
  quantiseRows,
  spreadBlocks,
} from './packing.js';
import { kernelsRepack } from './repacking.js';

/** Inputs of MatMulNBits after its first, in order. */
export type BlockOperands = readonly [quants: Value, scales: Value, zeros: Value];

/** Activations quantised to 8 bits a block of 32, products in integers: MatMulNBits' accuracy level 4. */
export const blockAttributes = (K: number, N: number) => ({
  K,
  N,
  bits: 8,
  block_size: blockSize,
  accuracy_level: 4,
});

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
  fill(tensors: readonly Tensor[]): void;
}

/**
 * A graph under construction declares the weights it reads (`vector`, `matrix`, `blocks`, `transposedBlocks`); `open`
 * then makes those that are missing and opens a session on them. Several matrices of the same number of columns stack
 * into one, row after row. What kernels repack is held once in their layout, and not in ours.
 */
export class WeightStore {
  readonly #source: WeightSource;
  readonly #recipes = new Map<string, Recipe>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #prepacked = new PrepackedWeights();

  constructor(source: WeightSource) {
    this.#source = source;
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

  /** 8-bit blocks of W for y = x W^T: MatMulNBits with K = columns, N = rows. */
  blocks(graph: GraphBuilder, weights: readonly FrozenWeight[]): BlockOperands {
    const { rows, columns, key } = stacked(weights);
    return this.#blocks(graph, `blocks ${key}`, rows, columns, out => this.#pack(weights, out));
  }

  /** 8-bit blocks of W^T for dx = dy W: MatMulNBits with K = rows, N = columns. */
  transposedBlocks(graph: GraphBuilder, weights: readonly FrozenWeight[]): BlockOperands {
    const { rows, columns, key } = stacked(weights);
    return this.#blocks(graph, `transposed ${key}`, columns, rows, out => {
      const values = new Float32Array(rows * columns);
      this.#stack(weights, values);
      quantiseColumns(values, rows, columns, out);
    });
  }

  /** Opens a session on the weights that the graph declared. */
  open(
    graph: BuiltGraph,
    options: Omit<SessionOptions, 'initializers' | 'transient' | 'prepacked'>,
  ): Session {
    const names = graph.externals.map(({ name }) => name);
    const transient = new Set(
      names.filter(name => options.prepacking !== false && this.#part(name).transient),
    );
    try {
      const initializers = new Map(names.map(name => [name, this.#tensor(name)]));
      return new Session(graph.bytes, { ...options, initializers, transient, prepacked: this.#prepacked });
    } finally {
      for (const name of transient) {
        this.#tensors.get(name)?.close();
        this.#tensors.delete(name);
      }
    }
  }

  /** Sessions that are open keep what they use. */
  close(): void {
    for (const tensor of this.#tensors.values()) tensor.close();
    this.#tensors.clear();
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
    fill: (out: PackedBlocks) => void,
  ): BlockOperands {
    const transient = kernelsRepack(rows, columns, blockAttributes(columns, rows));
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
    return [parts[0].name, parts[1].name, parts[2].name];
  }

  #declare(graph: GraphBuilder, recipe: Recipe): void {
    for (const { name, dtype, shape } of recipe.parts) {
      if (!this.#recipes.has(name)) this.#recipes.set(name, recipe);
      graph.external(name, dtype, shape);
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

  /** Makes a recipe's missing parts. Those that sessions already read are not written again, but beside. */
  #tensor(name: string): Tensor {
    const known = this.#tensors.get(name);
    if (known !== undefined) return known;
    const { parts, fill } = this.#recipe(name);
    const made = parts.map(({ dtype, shape }) => Tensor.native(dtype, shape));
    fill(made);
    for (const [index, part] of parts.entries()) {
      const tensor = made[index] as Tensor;
      if (this.#tensors.has(part.name)) tensor.close();
      else this.#tensors.set(part.name, tensor);
    }
    return this.#tensors.get(name) as Tensor;
  }

  #stack(weights: readonly FrozenWeight[], out: Float32Array): void {
    let at = 0;
    for (const { name } of weights) {
      const values = this.#source.read(name);
      out.set(values, at);
      at += values.length;
    }
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
