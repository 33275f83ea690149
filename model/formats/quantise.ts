// Encodes float32 values as GGUF tensor types, for the small models that tests make.

import { type BlockType, ggufTypes, type ReadableType } from './ggufTypes.js';
import { floatToBfloat, floatToHalf, halfTable } from './halves.js';

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

interface BlockScale {
  readonly scale: number;
  /** Value of quant 0. */
  readonly minimum: number;
}

/** Scale and minimum as they are stored, so that the quants fit what a reader will see. */
const scaling: Readonly<Record<BlockType, (values: Float32Array) => BlockScale>> = {
  Q4_0(values) {
    const scale = stored(extreme(values) / -8);
    return { scale, minimum: -8 * scale };
  },
  Q4_1(values) {
    const minimum = stored(Math.min(...values));
    return { scale: stored((Math.max(...values) - minimum) / 15), minimum };
  },
  Q8_0(values) {
    const scale = stored(Math.abs(extreme(values)) / 127);
    return { scale, minimum: -128 * scale };
  },
};

const stored = (value: number): number => halfTable()[floatToHalf(value)] as number;

/** The value farthest from zero, with its sign. */
const extreme = (values: Float32Array): number =>
  values.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0);

function encodeBlocks(type: BlockType, values: Float32Array): Uint8Array {
  const { bytes: size } = ggufTypes[type];
  const count = values.length / 32;
  if (!Number.isInteger(count)) throw new RangeError(`${values.length} values are no whole blocks of 32.`);
  const out = new Uint8Array(count * size);
  const data = new DataView(out.buffer);
  for (let block = 0; block < count; block++) {
    const slice = values.subarray(block * 32, block * 32 + 32);
    const { scale, minimum } = scaling[type](slice);
    const most = type === 'Q8_0' ? 255 : 15;
    const quants = Array.from(slice, value =>
      scale === 0 ? 0 : clamp(Math.round((value - minimum) / scale), most),
    );
    let at = block * size;
    data.setUint16(at, floatToHalf(scale), true);
    at += 2;
    if (type === 'Q4_1') {
      data.setUint16(at, floatToHalf(minimum), true);
      at += 2;
    }
    for (let i = 0; i < (type === 'Q8_0' ? 32 : 16); i++) {
      out[at + i] =
        type === 'Q8_0'
          ? (quants[i] as number) ^ 0x80
          : (quants[i] as number) | ((quants[i + 16] as number) << 4);
    }
  }
  return out;
}

function encodeEach(values: Float32Array, convert: (value: number) => number): Uint8Array {
  return new Uint8Array(Uint16Array.from(values, convert).buffer);
}

/** Bytes of a tensor of `type` that holds `values` as nearly as the type can. Rows must be whole blocks. */
export function quantise(type: ReadableType, values: Float32Array): Uint8Array {
  switch (type) {
    case 'F32':
      return new Uint8Array(values.slice().buffer);
    case 'F16':
      return encodeEach(values, floatToHalf);
    case 'BF16':
      return encodeEach(values, floatToBfloat);
    default:
      return encodeBlocks(type, values);
  }
}
