// ONNX Runtime through its C API: runs, sharing, cancellation, errors, and that every handle is released once.

import { describe, expect, it } from 'vitest';
import { isSkeinError } from '../../core/errors.js';
import { type BuiltGraph, GraphBuilder } from '../../model/onnx/index.js';
import {
  liveHandles,
  PrepackedWeights,
  Session,
  type SessionOptions,
  Tensor,
} from '../../model/runtime/index.js';
import { loadLibrary } from '../../model/runtime/library.js';

const size = 256;

/** y = x W repeated `depth` times through a tanh; W is supplied from outside. */
function chain(depth: number): BuiltGraph {
  const g = new GraphBuilder('chain');
  let x = g.input('x', 'float32', ['T', size]);
  const w = g.external('w', 'float32', [size, size]);
  for (let i = 0; i < depth; i++) x = g.node('Tanh', [g.node('MatMul', [x, w])]);
  g.node('Identity', [x], {}, 'y');
  g.output('y', 'float32', ['T', size]);
  return g.build();
}

const weights = (): Tensor<'float32'> =>
  new Tensor(
    'float32',
    Float32Array.from({ length: size * size }, (_, i) => Math.sin(i) / 16),
    [size, size],
  );

function open(depth: number, w: Tensor, options: SessionOptions = {}) {
  const session = new Session(chain(depth).bytes, { initializers: new Map([['w', w]]), ...options });
  const input = Tensor.zeros('float32', [64, size]);
  input.data.forEach((_, i) => {
    input.data[i] = Math.cos(i);
  });
  const output = Tensor.zeros('float32', [64, size]);
  const binding = session.bind({ inputs: { x: input }, outputs: { y: output } });
  const close = (): void => {
    for (const handle of [session, binding, input, output]) handle.close();
  };
  return { session, binding, input, output, close };
}

const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return isSkeinError(error) ? error.code : error;
  }
  return undefined;
};

describe('a session', () => {
  it('computes on memory of ours, synchronously and asynchronously alike', async () => {
    const w = weights();
    const part = open(1, w);
    part.session.runSync(part.binding);
    let expected = 0;
    for (let k = 0; k < size; k++)
      expected += (part.input.data[size + k] ?? 0) * (w.data[k * size + 3] as number);
    expect(part.output.data[size + 3]).toBeCloseTo(Math.tanh(expected), 5);
    const first = part.output.data.slice();
    part.output.data.fill(0);
    await part.session.run(part.binding);
    expect(part.output.data).toEqual(first);
    part.close();
    w.close();
  });

  it('shares initializers and packed weights between sessions, and follows a view at an offset', () => {
    const w = weights();
    const prepacked = new PrepackedWeights();
    const a = open(1, w, { prepacked });
    const b = open(1, w, { prepacked });
    const half = b.output.view(32 * size, [32, size]);
    const halfInput = b.input.view(32 * size, [32, size]);
    const binding = b.session.bind({ inputs: { x: halfInput }, outputs: { y: half } });
    a.session.runSync(a.binding);
    b.session.runSync(binding);
    expect(b.output.data[0]).toBe(0);
    expect(b.output.data.subarray(32 * size)).toEqual(a.output.data.subarray(32 * size));
    for (const handle of [w, prepacked, half, halfInput, binding]) handle.close();
    a.close();
    b.close();
  });

  it('leaves the event loop free while it runs', async () => {
    const w = weights();
    const part = open(800, w);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await part.session.run(part.binding);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
    part.close();
    w.close();
  });

  it('stops when the signal fires and is good afterwards', async () => {
    const w = weights();
    const part = open(3000, w);
    const abort = new AbortController();
    const run = part.session.run(part.binding, abort.signal);
    setTimeout(() => abort.abort(), 20);
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await expect(part.session.run(part.binding, abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
    part.output.data.fill(7);
    await part.session.run(part.binding);
    expect(Math.max(...part.output.data)).toBeLessThanOrEqual(1);
    part.close();
    w.close();
  });

  it('refuses a second run meanwhile, and may be closed meanwhile', async () => {
    const before = liveHandles();
    const w = weights();
    const part = open(400, w);
    const run = part.session.run(part.binding);
    await expect(part.session.run(part.binding)).rejects.toMatchObject({ code: 'engine/busy' });
    part.close();
    w.close();
    await run;
    expect(liveHandles()).toBe(before);
    await expect(part.session.run(part.binding)).rejects.toMatchObject({ code: 'engine/closed' });
    expect(code(() => part.session.bind({ inputs: {}, outputs: {} }))).toBe('engine/closed');
    part.close();
    expect(liveHandles()).toBe(before);
  });

  it('says what ONNX Runtime says, as an error with a code, and leaks nothing then', async () => {
    const before = liveHandles();
    expect(code(() => new Session(new Uint8Array([1, 2, 3])))).toBe('engine/runtime');
    expect(code(() => new Tensor('float32', new Float32Array(3), [2, 2]))).toBe('engine/runtime');
    const w = weights();
    const part = open(1, w);
    const wrong = Tensor.zeros('float32', [64, size + 1]);
    const binding = part.session.bind({ inputs: { x: wrong }, outputs: { y: part.output } });
    await expect(part.session.run(binding)).rejects.toThrow(/ONNX Runtime: .*invalid dimensions/s);
    expect(code(() => part.session.bind({ inputs: { nobody: wrong }, outputs: {} }))).toBe('engine/runtime');
    for (const handle of [binding, wrong, w]) handle.close();
    part.close();
    expect(liveHandles()).toBe(before);
  });

  it('opens and closes fifty times without growing', () => {
    const before = liveHandles();
    const cycle = (): void => {
      const w = weights();
      const prepacked = new PrepackedWeights();
      const part = open(200, w, { prepacked });
      part.session.runSync(part.binding);
      part.close();
      prepacked.close();
      w.close();
    };
    for (let i = 0; i < 10; i++) cycle();
    const settled = process.memoryUsage().rss;
    for (let i = 0; i < 50; i++) cycle();
    expect(liveHandles()).toBe(before);
    // A cycle holds 1 to 3 MB of tensors, graph and packed weights: a leak of any of them would add 50 MB and more.
    expect(process.memoryUsage().rss - settled).toBeLessThan(40e6);
  });
});

it('names the platform that has no library', () => {
  expect(() => loadLibrary('aix', 'ppc64')).toThrow(/aix-ppc64/);
  expect(code(() => loadLibrary('aix', 'ppc64'))).toBe('engine/runtime');
});

it('what is held twice is released once by each holder', () => {
  const held = liveHandles();
  const tensor = Tensor.zeros('float32', [4]);
  const [one, two] = [tensor.retain(), tensor.retain()];
  one();
  one();
  tensor.close();
  tensor.close();
  expect(liveHandles()).toBe(held + 1);
  two();
  expect(liveHandles()).toBe(held);
});

it('a tensor of more than 2 GiB is refused with a reason', () => {
  const held = liveHandles();
  expect(() => Tensor.native('float32', [1 << 29])).toThrow(
    expect.objectContaining({ code: 'engine/runtime' }),
  );
  expect(liveHandles()).toBe(held);
});
