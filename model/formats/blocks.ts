// Decodes tensors of GGUF types to float32, and blocks of 32 to integers with scale and minimum (ggml-quants.c).

import { SkeinError } from '../../core/errors.js';
import {
  type BlockType,
  type GgufType,
  ggufTypes,
  isReadable,
  type ReadableType,
  readableTypes,
} from './ggufTypes.js';
import { bfloatToFloat, halfTable } from './halves.js';

/** Blocks of 32 values along the first dimension, in the order of the file: value = scale * quant + minimum. */
export interface Blocks {
  /** 4 for quants of 0 to 15, 8 for quants of 0 to 255. */
  readonly bits: 4 | 8;
  /** One byte a value. Q8_0's signed values stand here plus 128. */
  readonly quants: Uint8Array;
  /** One a block. */
  readonly scales: Float32Array;
  /** One a block. Q4_0: -8 scale; Q8_0: -128 scale. */
  readonly minimums: Float32Array;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function wholeBlocks(type: GgufType, bytes: Uint8Array): number {
  const size = ggufTypes[type].bytes;
  if (bytes.length % size !== 0)
    throw new SkeinError('gguf/invalid', `${bytes.length} bytes are no whole blocks of ${type}.`);
  return bytes.length / size;
}

/** Lower halves of 16 bytes are values 0 to 15 of the block, upper halves 16 to 31. */
function unpackNibbles(bytes: Uint8Array, from: number, quants: Uint8Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    const byte = bytes[from + i] as number;
    quants[to + i] = byte & 15;
    quants[to + i + 16] = byte >> 4;
  }
}

/** How one block is laid out: half scale first, then what the row says. */
const layouts: Readonly<Record<BlockType, { bits: 4 | 8; minimum: 'stored' | number; quants: number }>> = {
  Q4_0: { bits: 4, minimum: -8, quants: 2 },
  Q4_1: { bits: 4, minimum: 'stored', quants: 4 },
  Q8_0: { bits: 8, minimum: -128, quants: 2 },
};

/** Throws `gguf/invalid` where `bytes` are no whole blocks. */
export function decodeBlocks(type: BlockType, bytes: Uint8Array): Blocks {
  const count = wholeBlocks(type, bytes);
  const layout = layouts[type];
  const size = ggufTypes[type].bytes;
  const half = halfTable();
  const data = view(bytes);
  const quants = new Uint8Array(count * 32);
  const scales = new Float32Array(count);
  const minimums = new Float32Array(count);
  for (let block = 0; block < count; block++) {
    const at = block * size;
    const scale = half[data.getUint16(at, true)] as number;
    scales[block] = scale;
    minimums[block] =
      layout.minimum === 'stored' ? (half[data.getUint16(at + 2, true)] as number) : layout.minimum * scale;
    if (layout.bits === 4) unpackNibbles(bytes, at + layout.quants, quants, block * 32);
    else
      for (let i = 0; i < 32; i++) quants[block * 32 + i] = (bytes[at + layout.quants + i] as number) ^ 0x80;
  }
  return { bits: layout.bits, quants, scales, minimums };
}

function fromBlocks(type: BlockType, bytes: Uint8Array): Float32Array {
  const { quants, scales, minimums } = decodeBlocks(type, bytes);
  const out = new Float32Array(quants.length);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block] as number;
    const minimum = minimums[block] as number;
    for (let i = block * 32; i < block * 32 + 32; i++) out[i] = scale * (quants[i] as number) + minimum;
  }
  return out;
}

const decoders: Readonly<Record<ReadableType, (bytes: Uint8Array) => Float32Array>> = {
  // Every platform that ONNX Runtime is built for is little-endian, as the file is.
  F32(bytes) {
    const out = new Float32Array(bytes.length / 4);
    new Uint8Array(out.buffer).set(bytes);
    return out;
  },
  F16(bytes) {
    const data = view(bytes);
    const half = halfTable();
    const out = new Float32Array(bytes.length / 2);
    for (let i = 0; i < out.length; i++) out[i] = half[data.getUint16(i * 2, true)] as number;
    return out;
  },
  BF16(bytes) {
    const data = view(bytes);
    const out = new Float32Array(bytes.length / 2);
    for (let i = 0; i < out.length; i++) out[i] = bfloatToFloat(data.getUint16(i * 2, true));
    return out;
  },
  Q4_0: bytes => fromBlocks('Q4_0', bytes),
  Q4_1: bytes => fromBlocks('Q4_1', bytes),
  Q8_0: bytes => fromBlocks('Q8_0', bytes),
};

/** Values in the order of the file. Throws `gguf/unsupported` for types without a decoder. */
export function dequantise(type: GgufType, bytes: Uint8Array): Float32Array {
  if (!isReadable(type)) {
    throw new SkeinError(
      'gguf/unsupported',
      `Tensors of type ${type} are not read; ${readableTypes.join(', ')} are.`,
    );
  }
  wholeBlocks(type, bytes);
  return decoders[type](bytes);
}
