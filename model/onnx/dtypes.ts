// The element types of tensors: ONNX's code for each (TensorProto.DataType, the same in ONNX Runtime's C API) and its array.

export const dtypes = {
  float32: { code: 1, bytes: 4, array: Float32Array },
  uint8: { code: 2, bytes: 1, array: Uint8Array },
  int8: { code: 3, bytes: 1, array: Int8Array },
  int32: { code: 6, bytes: 4, array: Int32Array },
  int64: { code: 7, bytes: 8, array: BigInt64Array },
  /** One byte an element, 0 or 1. */
  bool: { code: 9, bytes: 1, array: Uint8Array },
} as const;

export type DType = keyof typeof dtypes;

interface Arrays {
  float32: Float32Array;
  uint8: Uint8Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

export type ArrayOf<D extends DType> = Arrays[D];
export type TensorData = ArrayOf<DType>;

export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((count, size) => count * size, 1);
