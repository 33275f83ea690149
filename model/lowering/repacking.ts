// Finds out whether this machine's kernels repack the weights of MatMulNBits at load, after which the originals are not read.

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
