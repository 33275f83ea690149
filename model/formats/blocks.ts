// Decodes tensors of GGUF types to float32, and blocks of 32 to integers with scale and minimum (ggml-quants.c).

import { SkeinError } from '../../core/errors.js';
import {
  type BlockType,
  type GgufType,
  ggufTypes,
  isBlockType,
  isReadable,
  type ReadableType,
  readableTypes,
} from './ggufTypes.js';
import { bfloatToFloat, halfTable } from './halves.js';

/** Blocks of 32 values along the first dimension, in the order of the file: value = scale * quant + minimum. */
export interface Blocks {
  /** Quants are 0 to 2^bits - 1. */
  readonly bits: 4 | 5 | 8;
  /** One byte a value. Q5_0's and Q8_0's signed values stand here plus 16 and 128. */
  readonly quants: Uint8Array;
  /** One a block. */
  readonly scales: Float32Array;
  /** One a block. Q4_0: -8 scale; Q5_0: -16 scale; Q8_0: -128 scale. */
  readonly minimums: Float32Array;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function wholeBlocks(type: GgufType, bytes: Uint8Array): number {
  const size = ggufTypes[type].bytes;
  if (bytes.length % size !== 0)
    throw new SkeinError('gguf/invalid', `${bytes.length} bytes are no whole blocks of ${type}.`);
  return bytes.length / size;
}

/** Lower halves of `count` bytes are the first quants, upper halves the next `count`. */
function unpackNibbles(bytes: Uint8Array, from: number, count: number, quants: Uint8Array, to: number): void {
  for (let i = 0; i < count; i++) {
    const byte = bytes[from + i] as number;
    quants[to + i] = byte & 15;
    quants[to + i + count] = byte >> 4;
  }
}

/** The fifth bits of 32 quants: bit i of a little-endian word belongs to quant i. */
function addHighBits(bytes: Uint8Array, from: number, quants: Uint8Array, to: number): void {
  for (let i = 0; i < 32; i++) {
    const bit = ((bytes[from + (i >> 3)] as number) >> (i & 7)) & 1;
    quants[to + i] = (quants[to + i] as number) | (bit << 4);
  }
}

/** Eight pairs of 6-bit numbers in 12 bytes; the upper two bits of the last four pairs fill up the first eight bytes. */
function unpackScales(bytes: Uint8Array, from: number): { scale: number; minimum: number }[] {
  const byte = (i: number): number => bytes[from + i] as number;
  return Array.from({ length: 8 }, (_, i) =>
    i < 4
      ? { scale: byte(i) & 63, minimum: byte(i + 4) & 63 }
      : {
          scale: (byte(i + 4) & 15) | ((byte(i - 4) >> 6) << 4),
          minimum: (byte(i + 4) >> 4) | ((byte(i) >> 6) << 4),
        },
  );
}

/** Where a block starts in the file and in the result. */
interface Place {
  readonly bytes: Uint8Array;
  readonly at: number;
  /** The half-precision number so many bytes after `at`. */
  half(offset: number): number;
  readonly out: Blocks;
  /** The first block of 32. */
  readonly block: number;
}

function setScale({ out, block }: Place, scale: number, minimum: number, offset = 0): void {
  out.scales[block + offset] = scale;
  out.minimums[block + offset] = minimum;
}

/** Scales and minimums of the eight blocks of Q4_K and Q5_K. */
function setSuperScales(place: Place): void {
  const [scale, minimum] = [place.half(0), place.half(2)];
  for (const [index, own] of unpackScales(place.bytes, place.at + 4).entries())
    setScale(place, scale * own.scale, -minimum * own.minimum, index);
}

/** How one block of the file, of 32 values or of 256, becomes blocks of 32. */
const blockForms: Readonly<Record<BlockType, { bits: Blocks['bits']; decode(place: Place): void }>> = {
  Q4_0: {
    bits: 4,
    decode(place) {
      const { bytes, at, out, block } = place;
      setScale(place, place.half(0), -8 * place.half(0));
      unpackNibbles(bytes, at + 2, 16, out.quants, block * 32);
    },
  },
  Q4_1: {
    bits: 4,
    decode(place) {
      const { bytes, at, out, block } = place;
      setScale(place, place.half(0), place.half(2));
      unpackNibbles(bytes, at + 4, 16, out.quants, block * 32);
    },
  },
  Q5_0: {
    bits: 5,
    decode(place) {
      const { bytes, at, out, block } = place;
      setScale(place, place.half(0), -16 * place.half(0));
      unpackNibbles(bytes, at + 6, 16, out.quants, block * 32);
      addHighBits(bytes, at + 2, out.quants, block * 32);
    },
  },
  Q8_0: {
    bits: 8,
    decode(place) {
      const { bytes, at, out, block } = place;
      setScale(place, place.half(0), -128 * place.half(0));
      for (let i = 0; i < 32; i++) out.quants[block * 32 + i] = (bytes[at + 2 + i] as number) ^ 0x80;
    },
  },
  Q4_K: {
    bits: 4,
    decode(place) {
      const { bytes, at, out, block } = place;
      setSuperScales(place);
      for (let pair = 0; pair < 4; pair++)
        unpackNibbles(bytes, at + 16 + pair * 32, 32, out.quants, block * 32 + pair * 64);
    },
  },
  Q5_K: {
    bits: 5,
    decode(place) {
      const { bytes, at, out, block } = place;
      setSuperScales(place);
      for (let pair = 0; pair < 4; pair++)
        unpackNibbles(bytes, at + 48 + pair * 32, 32, out.quants, block * 32 + pair * 64);
      // Bit n of byte i belongs to quant i of block n.
      for (let i = 0; i < 256; i++) {
        const bit = ((bytes[at + 16 + (i & 31)] as number) >> (i >> 5)) & 1;
        const to = block * 32 + i;
        out.quants[to] = (out.quants[to] as number) | (bit << 4);
      }
    },
  },
};

/** Bits of a type's quants in blocks of 32; undefined for types without. */
export const blockBits = (type: string): Blocks['bits'] | undefined =>
  Object.hasOwn(blockForms, type) ? blockForms[type as BlockType].bits : undefined;

/** Throws `gguf/invalid` where `bytes` are no whole blocks. */
export function decodeBlocks(type: BlockType, bytes: Uint8Array): Blocks {
  const count = wholeBlocks(type, bytes);
  const { values, bytes: size } = ggufTypes[type];
  const { bits, decode } = blockForms[type];
  const halves = halfTable();
  const data = view(bytes);
  const blocks = (count * values) / 32;
  const out: Blocks = {
    bits,
    quants: new Uint8Array(blocks * 32),
    scales: new Float32Array(blocks),
    minimums: new Float32Array(blocks),
  };
  const place = {
    bytes,
    at: 0,
    half: (offset: number): number => halves[data.getUint16(place.at + offset, true)] as number,
    out,
    block: 0,
  };
  for (; place.at < bytes.length; place.at += size, place.block += values / 32) decode(place);
  return out;
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

/** 256 values of 6 bits: lower four bits, upper two, an 8-bit scale for every 16 values, and the half scale of them all. */
function fromQ6K(bytes: Uint8Array): Float32Array {
  const { values, bytes: size } = ggufTypes.Q6_K;
  const data = view(bytes);
  const halves = halfTable();
  const out = new Float32Array((bytes.length / size) * values);
  for (let at = 0, to = 0; at < bytes.length; at += size, to += values) {
    const scale = halves[data.getUint16(at + 208, true)] as number;
    for (let i = 0; i < values; i++) {
      // Each half of the block keeps four rows of 32: rows 0 and 1 in the lower halves of 64 bytes, 2 and 3 in the upper.
      const [half, row, column] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = (bytes[at + half * 64 + (row & 1) * 32 + column] as number) >> (row < 2 ? 0 : 4);
      const high = (bytes[at + 128 + half * 32 + column] as number) >> (row * 2);
      const quant = (low & 15) | ((high & 3) << 4);
      out[to + i] = scale * data.getInt8(at + 192 + (i >> 4)) * (quant - 32);
    }
  }
  return out;
}

const decoders: Readonly<Record<Exclude<ReadableType, BlockType>, (bytes: Uint8Array) => Float32Array>> = {
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
  Q6_K: fromQ6K,
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
  return isBlockType(type) ? fromBlocks(type, bytes) : decoders[type](bytes);
}
