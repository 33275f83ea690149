// A tensor over a typed array of ours: ONNX Runtime reads and writes that very memory, nothing is copied.

import { SkeinError } from '../../core/errors.js';
import { type ArrayOf, type DType, dtypes, elementCount } from '../onnx/dtypes.js';
import { create, free } from './api.js';
import { cpuMemory } from './environment.js';
import { Handle } from './handle.js';
import { NativeMemory } from './memory.js';

export class Tensor<D extends DType = DType> extends Handle {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Stays referenced, and must not be detached, as long as the tensor is bound anywhere. */
  readonly data: ArrayOf<D>;

  /** `memory`: what `data` stands on, where that must be released with the tensor. */
  constructor(dtype: D, data: ArrayOf<D>, shape: readonly number[], memory?: NativeMemory) {
    if (data.length !== elementCount(shape)) {
      throw new SkeinError(
        'engine/runtime',
        `A tensor of shape [${shape.join(', ')}] cannot stand on ${data.length} values.`,
      );
    }
    const dims = BigInt64Array.from(shape, BigInt);
    const pointer = create(
      'CreateTensorWithDataAsOrtValue',
      cpuMemory(),
      data,
      data.byteLength,
      dims,
      shape.length,
      dtypes[dtype].code,
    );
    super('tensor', pointer, address => {
      free('ReleaseValue', address);
      memory?.close();
    });
    this.dtype = dtype;
    this.data = data;
    this.shape = shape;
  }

  /** A tensor of zeros on memory of its own. */
  static zeros<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
    const array = dtypes[dtype].array as unknown as new (length: number) => ArrayOf<D>;
    return new Tensor(dtype, new array(elementCount(shape)), shape);
  }

  /** A tensor on memory outside the JavaScript heap; its `data` must not be used after it is released. */
  static native<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
    const { array, bytes } = dtypes[dtype];
    const memory = new NativeMemory(elementCount(shape) * bytes);
    try {
      return new Tensor(dtype, new array(memory.buffer) as unknown as ArrayOf<D>, shape, memory);
    } catch (error) {
      memory.close();
      throw error;
    }
  }

  /** Another tensor on the same memory, from element `offset` on. It has an owner of its own. */
  view(offset: number, shape: readonly number[]): Tensor<D> {
    const part = this.data.subarray(offset, offset + elementCount(shape)) as ArrayOf<D>;
    return new Tensor(this.dtype, part, shape);
  }
}
