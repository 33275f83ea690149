// Row order of query and key matrices: Hugging Face keeps the two halves of each head apart (rotate half), GGUF's llama
// files interleave them (rotate pairs). Weights and LoRA's B must be carried over; attention scores do not change.

/** Row `i` of a matrix in one order is row `rows[i]` of it in the other. */
function interleavedRows(rows: number, heads: number): Int32Array {
  const headSize = rows / heads;
  const half = headSize / 2;
  if (!Number.isInteger(half)) throw new RangeError(`${rows} rows are not ${heads} heads of even size.`);
  return Int32Array.from({ length: rows }, (_, row) => {
    const inHead = row % headSize;
    return row - inHead + (inHead % 2) * half + (inHead >> 1);
  });
}

function moveRows(
  values: Float32Array,
  rows: number,
  place: (row: number, columns: number, out: Float32Array) => void,
): Float32Array {
  const columns = values.length / rows;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) place(row, columns, out);
  return out;
}

/** A [rows, columns] matrix in Hugging Face's order -> GGUF's. Also for a vector of `rows` values. */
export function huggingFaceToGguf(values: Float32Array, rows: number, heads: number): Float32Array {
  const from = interleavedRows(rows, heads);
  return moveRows(values, rows, (row, columns, out) => {
    const start = (from[row] as number) * columns;
    out.set(values.subarray(start, start + columns), row * columns);
  });
}

/** The inverse of `huggingFaceToGguf`. */
export function ggufToHuggingFace(values: Float32Array, rows: number, heads: number): Float32Array {
  const to = interleavedRows(rows, heads);
  return moveRows(values, rows, (row, columns, out) => {
    out.set(values.subarray(row * columns, (row + 1) * columns), (to[row] as number) * columns);
  });
}
