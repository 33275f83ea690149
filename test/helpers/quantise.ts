// Encodes float32 values as GGUF tensor types, for the small models that tests make.

import { encodeFloats } from '../../model/formats/floats.js';
import { ggufTypes, type ReadableType } from '../../model/formats/ggufTypes.js';
import { floatToHalf, halfTable } from '../../model/formats/halves.js';

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** A number as half precision keeps it, so that quants fit what a reader will see. */
const stored = (value: number): number => halfTable()[floatToHalf(value)] as number;

/** The value farthest from zero, with its sign. */
const extreme = (values: Float32Array): number =>
  values.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0);

/** Whole steps from the minimum to each value. */
const quantsOf = (values: Float32Array, scale: number, minimum: number, most: number): Uint8Array =>
  Uint8Array.from(values, value => (scale === 0 ? 0 : clamp(Math.round((value - minimum) / scale), most)));

const halfBytes = (value: number): number[] => [floatToHalf(value) & 255, floatToHalf(value) >> 8];

/** Two quants a byte: the first `count` in the lower halves, the next in the upper. */
const nibbles = (quants: Uint8Array, from: number, count: number): number[] =>
  Array.from(
    { length: count },
    (_, i) => ((quants[from + i] as number) & 15) | (((quants[from + i + count] as number) & 15) << 4),
  );

/** Bit `bit` of each quant, eight a byte. */
const bitsOf = (quants: ArrayLike<number>, bit: number): number[] =>
  Array.from({ length: quants.length / 8 }, (_, byte) =>
    [0, 1, 2, 3, 4, 5, 6, 7].reduce(
      (sum, i) => sum | ((((quants[byte * 8 + i] as number) >> bit) & 1) << i),
      0,
    ),
  );

/** Scales and minimums of eight blocks in multiples of one of each: 6 bits, as Q4_K and Q5_K keep them. */
function superBlock(values: Float32Array, most: number): { header: number[]; quants: Uint8Array } {
  const blocks = Array.from({ length: 8 }, (_, i) => values.subarray(i * 32, i * 32 + 32));
  const lowest = blocks.map(block => Math.min(0, ...block));
  const steps = blocks.map((block, i) => (Math.max(...block) - (lowest[i] as number)) / most);
  const scale = stored(Math.max(...steps) / 63);
  const minimum = stored(-Math.min(...lowest) / 63);
  const times = (value: number, unit: number): number =>
    unit === 0 ? 0 : clamp(Math.ceil(value / unit), 63);
  const scales = steps.map(step => times(step, scale));
  const minimums = lowest.map(low => times(-low, minimum));
  const at = (list: readonly number[], i: number): number => list[i] as number;
  const packed = Array.from({ length: 12 }, (_, i) => {
    if (i < 4) return at(scales, i) | ((at(scales, i + 4) >> 4) << 6);
    if (i < 8) return at(minimums, i - 4) | ((at(minimums, i) >> 4) << 6);
    return (at(scales, i - 4) & 15) | ((at(minimums, i - 4) & 15) << 4);
  });
  const quants = new Uint8Array(256);
  for (const [i, block] of blocks.entries())
    quants.set(quantsOf(block, scale * at(scales, i), -minimum * at(minimums, i), most), i * 32);
  return { header: [...halfBytes(scale), ...halfBytes(minimum), ...packed], quants };
}

/** The bytes of one block of each type that has blocks. */
const encoders: Readonly<
  Record<Exclude<ReadableType, 'F32' | 'F16' | 'BF16'>, (values: Float32Array) => number[]>
> = {
  Q4_0(values) {
    const scale = stored(extreme(values) / -8);
    return [...halfBytes(scale), ...nibbles(quantsOf(values, scale, -8 * scale, 15), 0, 16)];
  },
  Q4_1(values) {
    const minimum = stored(Math.min(...values));
    const scale = stored((Math.max(...values) - minimum) / 15);
    const quants = quantsOf(values, scale, minimum, 15);
    return [...halfBytes(scale), ...halfBytes(minimum), ...nibbles(quants, 0, 16)];
  },
  Q5_0(values) {
    const scale = stored(extreme(values) / -16);
    const quants = quantsOf(values, scale, -16 * scale, 31);
    return [...halfBytes(scale), ...bitsOf(quants, 4), ...nibbles(quants, 0, 16)];
  },
  Q8_0(values) {
    const scale = stored(Math.abs(extreme(values)) / 127);
    return [...halfBytes(scale), ...quantsOf(values, scale, -128 * scale, 255).map(quant => quant ^ 0x80)];
  },
  Q4_K(values) {
    const { header, quants } = superBlock(values, 15);
    return [...header, ...[0, 64, 128, 192].flatMap(from => nibbles(quants, from, 32))];
  },
  Q5_K(values) {
    const { header, quants } = superBlock(values, 31);
    // Byte i has the fifth bit of quant i of every block of 32.
    const turned = Array.from({ length: 256 }, (_, i) => quants[(i & 7) * 32 + (i >> 3)] as number);
    return [...header, ...bitsOf(turned, 4), ...[0, 64, 128, 192].flatMap(from => nibbles(quants, from, 32))];
  },
  Q6_K(values) {
    const groups = Array.from({ length: 16 }, (_, i) => values.subarray(i * 16, i * 16 + 16));
    const steps = groups.map(group => extreme(group) / -32);
    const scale = stored(extreme(Float32Array.from(steps)) / -128);
    const scales = steps.map(step => (scale === 0 ? 0 : clamp(Math.round(step / scale) + 128, 255) - 128));
    const quants = new Uint8Array(256);
    for (const [i, group] of groups.entries()) {
      const own = scale * (scales[i] as number);
      quants.set(quantsOf(group, own, -32 * own, 63), i * 16);
    }
    const low = [0, 128].flatMap(half => nibbles(quants, half, 64));
    const high = [0, 128].flatMap(half =>
      Array.from({ length: 32 }, (_, i) =>
        [0, 1, 2, 3].reduce(
          (sum, row) => sum | (((quants[half + row * 32 + i] as number) >> 4) << (row * 2)),
          0,
        ),
      ),
    );
    return [...low, ...high, ...scales.map(one => one & 255), ...halfBytes(scale)];
  },
};

/** Bytes of a tensor of `type` that holds `values` as nearly as the type can. Rows must be whole blocks. */
export function quantise(type: ReadableType, values: Float32Array): Uint8Array {
  if (type === 'F32' || type === 'F16' || type === 'BF16') return encodeFloats(type, values);
  const { values: count, bytes } = ggufTypes[type];
  if (values.length % count !== 0)
    throw new RangeError(`${values.length} values are no whole blocks of ${count}.`);
  const out = new Uint8Array((values.length / count) * bytes);
  for (let from = 0, to = 0; from < values.length; from += count, to += bytes)
    out.set(encoders[type](values.subarray(from, from + count)), to);
  return out;
}
