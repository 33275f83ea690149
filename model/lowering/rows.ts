// Packs matrices into int8 by whole rows, each with one scale, after a rotation that spreads what stands out.
//
// A product is not changed by rotating both of its sides: x W^T = (x H)(W H)^T for an orthogonal H. With H a Hadamard matrix, a
// value that stands out is spread over its whole block, and one scale for a row loses far less (Ashkboos et al., QuaRot,
// arXiv 2404.00456). Nothing has to be calibrated.

/** Hadamard transform of every run of `size` (a power of two) values, in place, scaled so that lengths stay as they are. */
export function rotateRuns(values: Float32Array, size: number): void {
  const unit = 1 / Math.sqrt(size);
  for (let half = 1; half < size; half *= 2) {
    const factor = 2 * half === size ? unit : 1;
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i] as number;
        const b = values[i + half] as number;
        values[i] = (a + b) * factor;
        values[i + half] = (a - b) * factor;
      }
    }
  }
}

/** The same down the columns of a matrix: runs of `size` rows. */
function rotateColumns(values: Float32Array, columns: number, size: number): void {
  const unit = 1 / Math.sqrt(size);
  for (let half = 1; half < size; half *= 2) {
    const factor = 2 * half === size ? unit : 1;
    const step = half * columns;
    for (let start = 0; start < values.length; start += 2 * step) {
      for (let i = start; i < start + step; i++) {
        const a = values[i] as number;
        const b = values[i + step] as number;
        values[i] = (a + b) * factor;
        values[i + step] = (a - b) * factor;
      }
    }
  }
}

/** [size, size], symmetric and its own inverse. */
export function hadamard(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  rotateRuns(matrix, size);
  return matrix;
}

/** What a product by whole rows reads: `quants` [inputs, outputs], and a scale for each output. */
export interface RowPack {
  readonly quants: Int8Array;
  readonly scales: Float32Array;
}

/** Steps to either side of zero. */
export const rowSteps = 127;

/** For y = x W^T of W [rows, columns]: quants [columns, rows]. `values` is overwritten. Rotation 1 is none. */
export function packRows(
  values: Float32Array,
  rows: number,
  columns: number,
  rotation: number,
  out: RowPack,
): void {
  if (rotation > 1) rotateRuns(values, rotation);
  // Rows in groups: what is written lies in the same line of the cache.
  const group = 64;
  const inverse = new Float64Array(group);
  for (let first = 0; first < rows; first += group) {
    const last = Math.min(rows, first + group);
    for (let row = first; row < last; row++) {
      let largest = 0;
      for (let i = row * columns; i < (row + 1) * columns; i++)
        largest = Math.max(largest, Math.abs(values[i] as number));
      inverse[row - first] = setScale(out, row, largest);
    }
    for (let column = 0; column < columns; column++) {
      for (let row = first; row < last; row++) {
        const value = (values[row * columns + column] as number) * (inverse[row - first] as number);
        out.quants[column * rows + row] = Math.round(value);
      }
    }
  }
}

/** For dx = dy W of W [rows, columns]: quants [rows, columns]. `values` is overwritten. */
export function packColumns(values: Float32Array, columns: number, rotation: number, out: RowPack): void {
  if (rotation > 1) rotateColumns(values, columns, rotation);
  const largest = new Float64Array(columns);
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      const size = Math.abs(values[start + column] as number);
      if (size > (largest[column] as number)) largest[column] = size;
    }
  }
  const inverse = largest.map((size, column) => setScale(out, column, size));
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      out.quants[start + column] = Math.round(
        (values[start + column] as number) * (inverse[column] as number),
      );
    }
  }
}

/** Sets the scale of an output and gives its inverse. */
function setScale({ scales }: RowPack, index: number, largest: number): number {
  const scale = Math.fround(largest / rowSteps);
  scales[index] = scale;
  return scale === 0 ? 0 : 1 / scale;
}
