// The optimisers as a table: what each keeps between steps, and its step; and clipping by norm.
//
// Values are kept in float32, arithmetic is JavaScript's float64 in a fixed order: the same inputs give the same bits.

import type { OptimizerOptions } from './types.js';

/** A matrix of the flat arrays. Its learning rate is `rate` times that of the step (LoRA+ gives B another than A). */
export interface Segment {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly rate: number;
}

/** What an optimiser keeps between steps, by name. */
export type OptimizerMemory = Readonly<Record<string, Float32Array>>;

export interface Update<O extends OptimizerOptions = OptimizerOptions> {
  readonly options: O;
  readonly segments: readonly Segment[];
  /** Flat, changed in place. */
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly memory: OptimizerMemory;
  /** Counts from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Decoupled: a step takes away this share, times the learning rate. */
  readonly weightDecay: number;
}

type OfKind<K extends OptimizerOptions['kind']> = Extract<OptimizerOptions, { kind: K }>;

interface Optimizer<O extends OptimizerOptions> {
  /** How many values it keeps under each name. */
  sizes(segments: readonly Segment[]): Readonly<Record<string, number>>;
  update(update: Update<O>): void;
}

const sum = (segments: readonly Segment[], size: (segment: Segment) => number): number =>
  segments.reduce((total, segment) => total + size(segment), 0);
const values = ({ rows, columns }: Segment): number => rows * columns;

const optimizers: { readonly [K in OptimizerOptions['kind']]: Optimizer<OfKind<K>> } = {
  /** Loshchilov and Hutter, arXiv 1711.05101: two values a weight. */
  adamw: {
    sizes: segments => ({ first: sum(segments, values), second: sum(segments, values) }),
    update({ options, segments, weights, gradient, memory, step, learningRate, weightDecay }) {
      const { betas: [beta1, beta2] = [0.9, 0.999], epsilon = 1e-8 } = options;
      const { first, second } = memory as { first: Float32Array; second: Float32Array };
      const correction = Math.sqrt(1 - power(beta2, step));
      for (const segment of segments) {
        const plainRate = learningRate * segment.rate;
        const rate = plainRate / (1 - power(beta1, step));
        const kept = 1 - plainRate * weightDecay;
        for (let i = segment.offset; i < segment.offset + values(segment); i++) {
          const g = gradient[i] as number;
          const m = beta1 * (first[i] as number) + (1 - beta1) * g;
          const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
          first[i] = m;
          second[i] = v;
          weights[i] = (weights[i] as number) * kept - (rate * m) / (Math.sqrt(v) / correction + epsilon);
        }
      }
    },
  },

  /**
   * Shazeer and Stern, arXiv 1804.04235, without momentum: the second moment of a matrix is kept as that of its rows and
   * of its columns, at rank 8 a sixteenth of AdamW's memory. The rate is the given one, not one relative to the weights: a
   * fresh B is zero and would hardly begin.
   */
  adafactor: {
    sizes: segments => ({ rows: sum(segments, s => s.rows), columns: sum(segments, s => s.columns) }),
    update({ options, segments, weights, gradient, memory, step, learningRate, weightDecay }) {
      const { clipThreshold = 1 } = options;
      const { rows, columns } = memory as { rows: Float32Array; columns: Float32Array };
      const beta = 1 - 1 / powerOf4Fifths(step);
      let [rowAt, columnAt] = [0, 0];
      for (const segment of segments) {
        const rowMeans = rows.subarray(rowAt, rowAt + segment.rows);
        const columnMeans = columns.subarray(columnAt, columnAt + segment.columns);
        rowAt += segment.rows;
        columnAt += segment.columns;
        const g = gradient.subarray(segment.offset, segment.offset + values(segment));
        const w = weights.subarray(segment.offset, segment.offset + values(segment));
        blendSquares(g, rowMeans, columnMeans, beta);
        const rate = learningRate * segment.rate;
        const meanRow = rowMeans.reduce((total, value) => total + value, 0) / segment.rows;
        const rowScales = Float64Array.from(rowMeans, value => Math.sqrt(meanRow / value));
        const columnScales = Float64Array.from(columnMeans, value => 1 / Math.sqrt(value));
        let squares = 0;
        for (let row = 0, i = 0; row < segment.rows; row++) {
          for (let column = 0; column < segment.columns; column++, i++) {
            const u = (g[i] as number) * (rowScales[row] as number) * (columnScales[column] as number);
            squares += u * u;
          }
        }
        const size = Math.sqrt(squares / g.length);
        const factor = rate / Math.max(1, size / clipThreshold);
        const kept = 1 - rate * weightDecay;
        for (let row = 0, i = 0; row < segment.rows; row++) {
          for (let column = 0; column < segment.columns; column++, i++) {
            const u = (g[i] as number) * (rowScales[row] as number) * (columnScales[column] as number);
            w[i] = (w[i] as number) * kept - factor * u;
          }
        }
      }
    },
  },
};

export const optimizerKinds = Object.keys(optimizers) as OptimizerOptions['kind'][];

/** All zero: where every optimiser begins. */
export function freshMemory(options: OptimizerOptions, segments: readonly Segment[]): OptimizerMemory {
  const sizes = Object.entries(optimizers[options.kind].sizes(segments));
  return Object.fromEntries(sizes.map(([name, size]) => [name, new Float32Array(size)]));
}

/** Changes `weights` and `memory` in place. */
export function optimizerStep(update: Update): void {
  (optimizers[update.options.kind] as Optimizer<OptimizerOptions>).update(update);
}

/** Scales the gradient down, in place, to a norm of at most `clipNorm` (0: never). Returns the norm it had. */
export function clip(gradient: Float32Array, clipNorm: number): number {
  let squares = 0;
  for (const value of gradient) squares += value * value;
  const norm = Math.sqrt(squares);
  if (clipNorm > 0 && norm > clipNorm) {
    const factor = clipNorm / norm;
    for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * factor;
  }
  return norm;
}

/** Means of the gradient's squares over rows and over columns, blended into what is kept of the steps before. */
function blendSquares(g: Float32Array, rows: Float32Array, columns: Float32Array, beta: number): void {
  const rowSums = new Float64Array(rows.length);
  const columnSums = new Float64Array(columns.length);
  for (let row = 0, i = 0; row < rows.length; row++) {
    for (let column = 0; column < columns.length; column++, i++) {
      const square = (g[i] as number) ** 2 + tiny;
      rowSums[row] = (rowSums[row] as number) + square;
      columnSums[column] = (columnSums[column] as number) + square;
    }
  }
  const blend = (kept: Float32Array, sums: Float64Array, count: number): void => {
    for (let i = 0; i < kept.length; i++)
      kept[i] = beta * (kept[i] as number) + (1 - beta) * ((sums[i] as number) / count);
  };
  blend(rows, rowSums, columns.length);
  blend(columns, columnSums, rows.length);
}

/** Keeps a matrix without any gradient from dividing by zero. */
const tiny = 1e-30;

/** By products alone: Math.pow may differ between versions of the engine. */
function power(base: number, exponent: number): number {
  let out = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) out *= square;
    square *= square;
  }
  return out;
}

/** x^0.8 of a whole number from 1, as the fifth root of x^4 by Newton's method from above: the same bits everywhere. */
function powerOf4Fifths(x: number): number {
  const target = power(x, 4);
  for (let root = x; ; ) {
    const next = (4 * root + target / power(root, 4)) / 5;
    if (!(next < root)) return root;
    root = next;
  }
}
