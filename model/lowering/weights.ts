// The frozen weights of one model, each in every layout that some graph asks for, made once and shared by all sessions.

import { SkeinError } from '../../core/errors.js';
import type { FrozenWeight } from '../architecture/graph.js';
import { decodeBlocks, dequantise } from '../formats/blocks.js';
import { type Gguf, tensorBytes, tensorOf } from '../formats/gguf.js';
import { isBlockType } from '../formats/ggufTypes.js';
import type { BuiltGraph, DType, GraphBuilder, Value } from '../onnx/index.js';
import { PrepackedWeights, Session, type SessionOptions, Tensor } from '../runtime/index.js';
import {
  allocateBlocks,
  blockSize,
  blocksOf,
  type PackedBlocks,
  quantiseColumns,
  quantiseRows,
  spreadBlocks,
} from './packing.js';

/** Inputs of MatMulNBits after its first, in order. */
export type BlockOperands = readonly [quants: Value, scales: Value, zeros: Value];

interface Recipe {
  readonly dtype: DType;
  readonly shape: readonly number[];
  make(): Float32Array | Uint8Array;
}

/**
 * A graph under construction declares the weights it reads (`vector`, `matrix`, `blocks`, `transposedBlocks`); `open`
 * then makes those that no session had asked for before and opens a session on them. Several matrices of the same
 * number of columns stack into one, row after row.
 */
export class WeightStore {
  readonly #gguf: Gguf;
  readonly #recipes = new Map<string, Recipe>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #prepacked = new PrepackedWeights();
  /** The three parts of one packing are made together and wait here for each other. */
  readonly #packed = new Map<string, PackedBlocks>();

  constructor(gguf: Gguf) {
    this.#gguf = gguf;
  }

  /** float32 [n] */
  vector(graph: GraphBuilder, name: string): Value {
    const { count } = tensorOf(this.#gguf, name);
    return this.#declare(graph, `vector ${name}`, 'float32', [count], () => this.#read(name));
  }

  /** float32 [rows, columns], the one float copy for y = x W^T (transB) and dx = dy W alike. */
  matrix(graph: GraphBuilder, weights: readonly FrozenWeight[]): Value {
    const { rows, columns, key } = stacked(weights);
    return this.#declare(graph, `matrix ${key}`, 'float32', [rows, columns], () => this.#stack(weights));
  }

  /** 8-bit blocks of W for y = x W^T: MatMulNBits with K = columns, N = rows. */
  blocks(graph: GraphBuilder, weights: readonly FrozenWeight[]): BlockOperands {
    const { rows, columns, key } = stacked(weights);
    return this.#declareBlocks(graph, `blocks ${key}`, rows, columns, () => this.#pack(weights));
  }

  /** 8-bit blocks of W^T for dx = dy W: MatMulNBits with K = rows, N = columns. */
  transposedBlocks(graph: GraphBuilder, weights: readonly FrozenWeight[]): BlockOperands {
    const { rows, columns, key } = stacked(weights);
    return this.#declareBlocks(graph, `transposed ${key}`, columns, rows, () =>
      quantiseColumns(this.#stack(weights), rows, columns),
    );
  }

  /** Opens a session on the weights that the graph declared. */
  open(graph: BuiltGraph, options: Omit<SessionOptions, 'initializers' | 'prepacked'>): Session {
    const initializers = new Map(graph.externals.map(({ name }) => [name, this.#tensor(name)]));
    return new Session(graph.bytes, { ...options, initializers, prepacked: this.#prepacked });
  }

  /** Sessions that are open keep what they use. */
  close(): void {
    for (const tensor of this.#tensors.values()) tensor.close();
    this.#tensors.clear();
    this.#prepacked.close();
  }

  #declare(
    graph: GraphBuilder,
    name: string,
    dtype: DType,
    shape: readonly number[],
    make: Recipe['make'],
  ): Value {
    if (!this.#recipes.has(name)) this.#recipes.set(name, { dtype, shape, make });
    return graph.external(name, dtype, shape);
  }

  #declareBlocks(
    graph: GraphBuilder,
    key: string,
    rows: number,
    columns: number,
    make: () => PackedBlocks,
  ): BlockOperands {
    const count = rows * blocksOf(columns);
    const part = <P extends keyof PackedBlocks>(which: P): PackedBlocks[P] => {
      const packed = this.#packed.get(key) ?? make();
      const { [which]: taken, ...rest } = packed;
      if (Object.keys(rest).length === 0) this.#packed.delete(key);
      else this.#packed.set(key, rest as PackedBlocks);
      return taken;
    };
    return [
      this.#declare(graph, `${key} quants`, 'uint8', [rows, blocksOf(columns), blockSize], () =>
        part('quants'),
      ),
      this.#declare(graph, `${key} scales`, 'float32', [count], () => part('scales')),
      this.#declare(graph, `${key} zeros`, 'uint8', [count], () => part('zeros')),
    ];
  }

  #tensor(name: string): Tensor {
    const known = this.#tensors.get(name);
    if (known !== undefined) return known;
    const recipe = this.#recipes.get(name);
    if (recipe === undefined) throw new SkeinError('internal', `No graph of this store declared ${name}.`);
    const tensor = new Tensor(recipe.dtype, recipe.make(), recipe.shape);
    this.#tensors.set(name, tensor);
    return tensor;
  }

  #read(name: string): Float32Array {
    const tensor = tensorOf(this.#gguf, name);
    return dequantise(tensor.type, tensorBytes(this.#gguf, tensor));
  }

  #stack(weights: readonly FrozenWeight[]): Float32Array {
    const { rows, columns } = stacked(weights);
    const out = new Float32Array(rows * columns);
    let at = 0;
    for (const { name } of weights) {
      const values = this.#read(name);
      out.set(values, at);
      at += values.length;
    }
    return out;
  }

  #pack(weights: readonly FrozenWeight[]): PackedBlocks {
    const { rows, columns } = stacked(weights);
    const out = allocateBlocks(rows, columns);
    let at = 0;
    for (const weight of weights) {
      const tensor = tensorOf(this.#gguf, weight.name);
      if (isBlockType(tensor.type))
        spreadBlocks(decodeBlocks(tensor.type, tensorBytes(this.#gguf, tensor)), out, at);
      else quantiseRows(this.#read(weight.name), weight.rows, columns, out, at);
      at += weight.rows * blocksOf(columns);
    }
    return out;
  }
}

function stacked(weights: readonly FrozenWeight[]): { rows: number; columns: number; key: string } {
  return {
    rows: weights.reduce((sum, weight) => sum + weight.rows, 0),
    columns: weights[0]?.columns ?? 0,
    key: weights.map(weight => weight.name).join('+'),
  };
}
