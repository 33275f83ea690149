// Packs matrices of the model file into what MatMulNBits reads: 8-bit blocks of 32 along the inputs.
//
// ONNX Runtime's ContribOperators.md, MatMulNBits: B [N, K/32, 32], scales and zero points [N, K/32];
// w = scale * (quant - zero), zero 128 where none is given.

/** Values in a block. */
export const blockSize = 32;

export interface PackedBlocks {
  /** [rows, blocks, 32] */
  readonly quants: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  /** [rows, blocks] */
  readonly zeros: Uint8Array;
}

export const blocksOf = (columns: number): number => Math.ceil(columns / blockSize);

export function allocateBlocks(rows: number, columns: number): PackedBlocks {
  const count = rows * blocksOf(columns);
  return {
    quants: new Uint8Array(count * blockSize).fill(128),
    scales: new Float32Array(count),
    zeros: new Uint8Array(count).fill(128),
  };
}

/**
 * Blocks of a file, w = scale * quant + minimum, into `out` from block `at` on. 8-bit quants stay as they are where the
 * minimum is a whole number of steps (Q8_0). 4-bit quants are spread over 0 to 255 in steps of 17, so that the minimum
 * is met to 1/34 of a step; blocks that do not span zero are quantised anew, as no zero point could say them.
 */
export function spreadBlocks(
  blocks: { bits: 4 | 8; quants: Uint8Array; scales: Float32Array; minimums: Float32Array },
  out: PackedBlocks,
  at: number,
): void {
  const factor = blocks.bits === 4 ? 17 : 1;
  for (let block = 0; block < blocks.scales.length; block++) {
    const step = (blocks.scales[block] as number) / factor;
    const minimum = blocks.minimums[block] as number;
    const from = block * blockSize;
    const to = (at + block) * blockSize;
    const zero = step === 0 ? 0 : -minimum / step;
    if (zero >= -0.5 && zero < 255.5 && step > 0) {
      out.scales[at + block] = step;
      out.zeros[at + block] = Math.round(zero);
      for (let i = 0; i < blockSize; i++) out.quants[to + i] = (blocks.quants[from + i] as number) * factor;
    } else {
      const values = Float32Array.from(
        { length: blockSize },
        (_, i) => (blocks.scales[block] as number) * (blocks.quants[from + i] as number) + minimum,
      );
      quantiseBlock(values, 0, 1, blockSize, out, at + block);
    }
  }
}

/** Quantises `count` values, `stride` apart, as one block around zero: 128 is zero, 127 steps to either side. */
export function quantiseBlock(
  values: Float32Array,
  from: number,
  stride: number,
  count: number,
  out: PackedBlocks,
  block: number,
): void {
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(values[from + i * stride] as number));
  const scale = Math.fround(largest / 127);
  out.scales[block] = scale;
  const inverse = scale === 0 ? 0 : 1 / scale;
  const to = block * blockSize;
  for (let i = 0; i < count; i++)
    out.quants[to + i] = Math.round((values[from + i * stride] as number) * inverse) + 128;
}

/** Quantises a [rows, columns] matrix row by row, from block `at` on. */
export function quantiseRows(
  values: Float32Array,
  rows: number,
  columns: number,
  out: PackedBlocks,
  at: number,
): void {
  const blocks = blocksOf(columns);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const start = block * blockSize;
      const count = Math.min(blockSize, columns - start);
      quantiseBlock(values, row * columns + start, 1, count, out, at + row * blocks + block);
    }
  }
}

/** Quantises the transposed of a [rows, columns] matrix: blocks run along its rows. */
export function quantiseColumns(values: Float32Array, rows: number, columns: number): PackedBlocks {
  const out = allocateBlocks(columns, rows);
  const blocks = blocksOf(rows);
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    const count = Math.min(blockSize, rows - start);
    for (let column = 0; column < columns; column++) {
      quantiseBlock(values, start * columns + column, columns, count, out, column * blocks + block);
    }
  }
  return out;
}
