// Finds out what this machine's kernels do: whether they repack weights at load, after which the originals are not read, and
// whether their integer products are exact.

import { GraphBuilder } from '../onnx/index.js';
import { Session, Tensor } from '../runtime/index.js';
import { blockSize, blocksOf } from './packing.js';

const known = new Map<string, boolean>();

/** Rows of the probe: enough for every width of kernel, few enough to cost nothing. */
const mostRows = 128;

/** Runs a small product, writes over the weights and runs it again: the same result means that they had been repacked. */
export function kernelsRepack(
  rows: number,
  columns: number,
  attributes: Readonly<Record<string, number>>,
): boolean {
  const N = Math.min(rows, mostRows);
  const key = `${N} ${columns}`;
  let result = known.get(key);
  if (result === undefined) {
    result = probe(N, columns, { ...attributes, K: columns, N });
    known.set(key, result);
  }
  return result;
}

function probe(N: number, K: number, attributes: Readonly<Record<string, number>>): boolean {
  const g = new GraphBuilder('probe');
  const x = g.input('x', 'float32', [1, K]);
  const weights = [
    Tensor.zeros('uint8', [N, blocksOf(K), blockSize]),
    Tensor.zeros('float32', [N * blocksOf(K)]),
    Tensor.zeros('uint8', [N * blocksOf(K)]),
  ] as const;
  const names = ['quants', 'scales', 'zeros'];
  const operands = weights.map((tensor, index) =>
    g.external(names[index] as string, tensor.dtype, tensor.shape),
  );
  g.node('MatMulNBits', [x, ...operands], attributes, 'y');
  g.output('y', 'float32', [1, N]);
  const [quants, scales, zeros] = weights;
  quants.data.forEach((_, index) => {
    quants.data[index] = (index * 37) & 255;
  });
  scales.data.fill(0.01);
  zeros.data.fill(100);
  const input = Tensor.zeros('float32', [1, K]);
  input.data.fill(1);
  const output = Tensor.zeros('float32', [1, N]);
  const initializers = new Map<string, Tensor>(
    weights.map((tensor, index) => [names[index] as string, tensor]),
  );
  const session = new Session(g.build().bytes, { initializers });
  const binding = session.bind({ inputs: { x: input }, outputs: { y: output } });
  try {
    session.runSync(binding);
    const before = output.data.slice();
    quants.data.fill(0);
    session.runSync(binding);
    return before.every((value, index) => value === output.data[index]);
  } finally {
    for (const handle of [binding, session, input, output, ...weights]) handle.close();
  }
}

export interface RowKernels {
  /** Sums of products of u8 and int8 are what they should be; where they are added in pairs of 16 bits, they saturate. */
  readonly exact: boolean;
  readonly repacked: boolean;
}

let rowKernels: RowKernels | undefined;

/** What MatMulIntegerToFloat does here with the largest u8 and int8 there are. */
export function wholeRowProducts(): RowKernels {
  rowKernels ??= probeRows();
  return rowKernels;
}

function probeRows(): RowKernels {
  const [M, K, N] = [8, 64, 64];
  const g = new GraphBuilder('probe');
  const x = g.input('x', 'uint8', [M, K]);
  const quants = Tensor.zeros('int8', [K, N]);
  const scales = Tensor.zeros('float32', [N]);
  const operands = [g.external('quants', 'int8', [K, N]), g.external('scales', 'float32', [N])] as const;
  const zero = g.constant('uint8', Uint8Array.of(0), []);
  g.node('MatMulIntegerToFloat', [x, operands[0], g.float(1), operands[1], zero], {}, 'y');
  g.output('y', 'float32', [M, N]);
  quants.data.fill(127);
  scales.data.fill(1);
  const input = Tensor.zeros('uint8', [M, K]);
  input.data.fill(255);
  const output = Tensor.zeros('float32', [M, N]);
  const initializers = new Map<string, Tensor>([
    ['quants', quants],
    ['scales', scales],
  ]);
  const session = new Session(g.build().bytes, { initializers });
  const binding = session.bind({ inputs: { x: input }, outputs: { y: output } });
  const right = (): boolean => output.data.every(value => value === K * 255 * 127);
  try {
    session.runSync(binding);
    const exact = right();
    const before = output.data.slice();
    quants.data.fill(0);
    session.runSync(binding);
    return { exact, repacked: before.every((value, index) => value === output.data[index]) };
  } finally {
    for (const handle of [binding, session, input, output, quants, scales]) handle.close();
  }
}
