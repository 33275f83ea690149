// Encodes float32 values as the float types that safetensors files hold.

import { floatToBfloat, floatToHalf } from './halves.js';

export type FloatType = 'F32' | 'F16' | 'BF16';

/** Little-endian; values are rounded to the nearest that the type has, ties to even. */
export function encodeFloats(type: FloatType, values: Float32Array): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.slice().buffer);
  return new Uint8Array(Uint16Array.from(values, type === 'F16' ? floatToHalf : floatToBfloat).buffer);
}
