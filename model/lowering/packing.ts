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

/**
 * Blocks of a file, w = scale * quant + minimum, into `out` from block `at` on. 8-bit quants stay as they are where the
 * minimum is a whole number of steps (Q8_0). 4-bit quants are spread in steps of 9 to 17 over 0 to 255, 5-bit quants in
 * steps of 5 to 8, whichever meets the minimum best: to 1/34 and 1/16 of a step at worst; blocks that do not span zero
 * are quantised anew, as no zero point could say them.
 */
export function spreadBlocks(
  blocks: { bits: 4 | 5 | 8; quants: Uint8Array; scales: Float32Array; minimums: Float32Array },
  out: PackedBlocks,
  at: number,
): void {
  const [least, most] = factors[blocks.bits];
  const values = new Float32Array(blockSize);
  for (let block = 0; block < blocks.scales.length; block++) {
    const scale = blocks.scales[block] as number;
    const minimum = blocks.minimums[block] as number;
    const from = block * blockSize;
    const to = (at + block) * blockSize;
    const steps = scale === 0 ? -1 : -minimum / scale;
    const factor = bestFactor(steps, least, most);
    const zero = Math.round(steps * factor);
    if (zero >= 0 && zero <= 255) {
      out.scales[at + block] = scale / factor;
      out.zeros[at + block] = zero;
      for (let i = 0; i < blockSize; i++) out.quants[to + i] = (blocks.quants[from + i] as number) * factor;
    } else {
      for (let i = 0; i < blockSize; i++) values[i] = scale * (blocks.quants[from + i] as number) + minimum;
      quantiseRows(values, 1, blockSize, out, at + block);
    }
  }
}

/** Least and largest step by the bits of a quant: the largest still ends within 255. */
const factors = { 4: [9, 17], 5: [5, 8], 8: [1, 1] } as const;

/** The factor that brings `steps` nearest to a whole number, in relation to itself. */
function bestFactor(steps: number, least: number, most: number): number {
  let best = most;
  let error = Number.POSITIVE_INFINITY;
  for (let factor = most; factor >= least; factor--) {
    const product = steps * factor;
    const away = Math.abs(product - Math.round(product)) / factor;
    if (away < error) {
      error = away;
      best = factor;
    }
  }
  return best;
}

/** Quantises a [rows, columns] matrix row by row, from block `at` on: 128 is zero, 127 steps to either side. */
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
      const from = row * columns + block * blockSize;
      const count = Math.min(blockSize, columns - block * blockSize);
      let largest = 0;
      for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(values[from + i] as number));
      const index = at + row * blocks + block;
      const scale = Math.fround(largest / 127);
      const inverse = scale === 0 ? 0 : 1 / scale;
      out.scales[index] = scale;
      out.zeros[index] = 128;
      const to = index * blockSize;
      out.quants.fill(128, to + count, to + blockSize);
      for (let i = 0; i < count; i++)
        out.quants[to + i] = Math.floor((values[from + i] as number) * inverse + 128.5);
    }
  }
}

/**
 * Quantises the transposed of a [rows, columns] matrix: blocks run along its rows. Reads row by row, as memory lies.
 * `values` may be a strip of the matrix, whole blocks of rows from block `first` of `all`.
 */
export function quantiseColumns(
  values: Float32Array,
  rows: number,
  columns: number,
  out: PackedBlocks,
  first = 0,
  all = blocksOf(rows),
): void {
  const largest = new Float32Array(columns);
  for (let block = 0; block < blocksOf(rows); block++) {
    const start = block * blockSize;
    const count = Math.min(blockSize, rows - start);
    largest.fill(0);
    for (let i = 0; i < count; i++) {
      const from = (start + i) * columns;
      for (let column = 0; column < columns; column++) {
        const size = Math.abs(values[from + column] as number);
        if (size > (largest[column] as number)) largest[column] = size;
      }
    }
    for (let column = 0; column < columns; column++) {
      const index = column * all + first + block;
      const scale = Math.fround((largest[column] as number) / 127);
      const inverse = scale === 0 ? 0 : 1 / scale;
      out.scales[index] = scale;
      out.zeros[index] = 128;
      const to = index * blockSize;
      const from = start * columns + column;
      out.quants.fill(128, to + count, to + blockSize);
      for (let i = 0; i < count; i++) {
        out.quants[to + i] = Math.floor((values[from + i * columns] as number) * inverse + 128.5);
      }
    }
  }
}
