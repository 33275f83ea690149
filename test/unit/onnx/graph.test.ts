// The graph builder: what it writes reads back as ONNX, and it refuses what cannot be a graph.

import { describe, expect, it } from 'vitest';
import { absent, GraphBuilder, ops, opsets } from '../../../model/onnx/index.js';
import { ModelProto } from '../../../model/onnx/schema.js';

const parse = (bytes: Uint8Array) =>
  ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, bytes: Array, defaults: true });

describe('the graph builder', () => {
  it('writes nodes, attributes, shapes and initializers', () => {
    const g = new GraphBuilder('small');
    const x = g.input('x', 'float32', ['T', 4]);
    const w = g.external('w', 'uint8', [8, 4]);
    const y = g.node('Gemm', [x, w, absent], { transB: 1, alpha: 0.5 });
    const [a, b] = g.nodes('Split', [y, g.ints(3, 5)], { axis: -1 }, 2) as [string, string];
    g.node('Transpose', [a], { perm: [1, 0] }, 'z');
    g.output('z', 'float32', [3, 'T']);
    g.output(b, 'float32');
    const built = g.build();
    expect(built).toMatchObject({ inputs: ['x'], outputs: ['z', b] });
    expect(built.externals).toEqual([{ name: 'w', dtype: 'uint8', shape: [8, 4] }]);
    const { graph, opsetImport } = parse(built.bytes);
    expect(opsetImport).toEqual(Object.entries(opsets).map(([domain, version]) => ({ domain, version })));
    expect(graph.node.map((node: { opType: string }) => node.opType)).toEqual(['Gemm', 'Split', 'Transpose']);
    expect(graph.node[0].input).toEqual(['x', 'w', '']);
    expect(graph.node[0].attribute).toEqual([
      expect.objectContaining({ name: 'transB', i: 1, type: 2 }),
      expect.objectContaining({ name: 'alpha', f: 0.5, type: 1 }),
    ]);
    expect(graph.node[1].attribute[0]).toMatchObject({ name: 'axis', i: -1 });
    expect(graph.node[2].attribute[0]).toMatchObject({ name: 'perm', ints: [1, 0], type: 7 });
    expect(graph.initializer[0]).toMatchObject({ name: 'w', dims: [8, 4], dataType: 2, dataLocation: 1 });
    expect(graph.initializer[1]).toMatchObject({
      dims: [2],
      dataType: 7,
      rawData: [3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0],
    });
    expect(graph.input[0].type.tensorType.shape.dim).toMatchObject([{ dimParam: 'T' }, { dimValue: 4 }]);
  });

  it('holds equal constants once', () => {
    const g = new GraphBuilder('constants');
    expect(g.float(2)).toBe(g.float(2));
    expect(g.float(2)).not.toBe(g.float(3));
    expect(g.ints(2)).not.toBe(g.float(2));
    expect(g.external('w', 'float32', [1])).toBe(g.external('w', 'float32', [1]));
  });

  it('refuses values that nobody makes, or that two make', () => {
    const g = new GraphBuilder('wrong');
    g.input('x', 'float32', [1]);
    expect(() => g.node('Add', ['x', 'nobody'])).toThrow(/nobody/);
    expect(() => g.input('x', 'float32', [1])).toThrow(/twice/);
    expect(() => g.constant('float32', new Float32Array(3), [2])).toThrow(/shape/);
    g.output('nothing', 'float32', [1]);
    expect(() => g.build()).toThrow(/nothing/);
  });

  it('has only operators of the opsets that every graph imports', () => {
    for (const [name, { domain, since }] of Object.entries(ops))
      expect(since, name).toBeLessThanOrEqual(opsets[domain]);
  });
});
