// Keys and values of the positions seen so far, for a number of independent rows; ONNX Runtime appends to it in place.

import type { DecoderConfig } from '../architecture/config.js';
import { Tensor } from '../runtime/index.js';

type Sizes = Pick<DecoderConfig, 'layers' | 'kvHeads' | 'headSize'>;

export class KvCache {
  readonly rows: number;
  /** Positions that a row holds. */
  readonly capacity: number;
  /** Of each layer, k then v: [rows, kvHeads, capacity, headSize]. Memory is taken as positions are written. */
  readonly tensors: readonly (readonly [k: Tensor<'float32'>, v: Tensor<'float32'>])[];
  readonly #heads: number;
  readonly #headValues: number;

  constructor(config: Sizes, rows: number, capacity: number) {
    const shape = [rows, config.kvHeads, capacity, config.headSize];
    const tensors = config.layers.map(
      () => [Tensor.native('float32', shape), Tensor.zeros('float32', shape)] as const,
    );
    this.rows = rows;
    this.capacity = capacity;
    this.tensors = tensors;
    this.#heads = config.kvHeads;
    this.#headValues = config.headSize;
  }

  /** Views of `count` rows from `first` on, layer by layer. The caller closes them. */
  view(first: number, count: number): (readonly [k: Tensor<'float32'>, v: Tensor<'float32'>])[] {
    const rowSize = this.#heads * this.capacity * this.#headValues;
    const shape = [count, this.#heads, this.capacity, this.#headValues];
    return this.tensors.map(
      ([k, v]) => [k.view(first * rowSize, shape), v.view(first * rowSize, shape)] as const,
    );
  }

  /** What it takes once every position is written. */
  get bytes(): number {
    return this.tensors.length * 2 * 4 * this.rows * this.#heads * this.capacity * this.#headValues;
  }

  /** Copies the first `positions` of one row over another row's. */
  copyRow(from: number, to: number, positions: number): void {
    this.copyFrom(this, positions, from, to);
  }

  /** Copies the first `positions` of a row of a cache, of the same model, over a row of this one. */
  copyFrom(source: KvCache, positions: number, from = 0, to = 0): void {
    const values = positions * this.#headValues;
    const theirs = source.tensors.flat();
    for (const [index, { data }] of this.tensors.flat().entries()) {
      const { data: other } = theirs[index] as Tensor<'float32'>;
      for (let head = 0; head < this.#heads; head++) {
        const start = (from * this.#heads + head) * source.capacity * this.#headValues;
        const end = (to * this.#heads + head) * this.capacity * this.#headValues;
        data.set(other.subarray(start, start + values), end);
      }
    }
  }

  close(): void {
    for (const tensor of this.tensors.flat()) tensor.close();
  }
}
