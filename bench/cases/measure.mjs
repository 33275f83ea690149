// What every benchmark shares: a fixed text of token ids, medians, and rounding.

/** Ids spread over the vocabulary, the same in every run. */
export const ids = (count, vocabulary, seed = 0) =>
  Array.from({ length: count }, (_, index) => ((index + seed) * 7919 + 13) % vocabulary);

export const median = values => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const rounded = (value, digits = 1) => Number(value.toFixed(digits));

/** Milliseconds that the work takes. */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
