// The operators that Skein uses: domain, opset version that defines them so, and the kinds of their attributes.
//
// Sources: ONNX's Operators.md (domain "", opset 21) and ONNX Runtime's ContribOperators.md (domain "com.microsoft", 1).

import type { AttributeKind } from './schema.js';

/** The versions that every graph imports. */
export const opsets = { '': 21, 'com.microsoft': 1 } as const;

export type Domain = keyof typeof opsets;

export interface OpEntry {
  readonly domain: Domain;
  readonly since: number;
  readonly attributes: Readonly<Record<string, AttributeKind>>;
}

const onnx = <A extends Record<string, AttributeKind> = Record<never, never>>(
  since: number,
  attributes?: A,
) => ({
  domain: '' as const,
  since,
  attributes: (attributes ?? {}) as A,
});
const microsoft = <A extends Record<string, AttributeKind>>(attributes: A) => ({
  domain: 'com.microsoft' as const,
  since: 1,
  attributes,
});

export const ops = {
  Add: onnx(14),
  Sub: onnx(14),
  Mul: onnx(14),
  Div: onnx(14),
  Neg: onnx(13),
  Abs: onnx(13),
  Exp: onnx(13),
  Log: onnx(13),
  Sigmoid: onnx(13),
  Tanh: onnx(13),
  Max: onnx(13),
  Less: onnx(13),
  GreaterOrEqual: onnx(16),
  Where: onnx(16),
  Identity: onnx(21),
  Cast: onnx(21, { to: 'int' }),
  Shape: onnx(21, { start: 'int', end: 'int' }),
  Size: onnx(21),
  Range: onnx(11),
  ConstantOfShape: onnx(21),
  Reshape: onnx(21, { allowzero: 'int' }),
  Transpose: onnx(21, { perm: 'ints' }),
  Squeeze: onnx(21),
  Concat: onnx(13, { axis: 'int' }),
  Split: onnx(18, { axis: 'int', num_outputs: 'int' }),
  Slice: onnx(13),
  Expand: onnx(13),
  Gather: onnx(13, { axis: 'int' }),
  GatherElements: onnx(13, { axis: 'int' }),
  GatherND: onnx(13, { batch_dims: 'int' }),
  ScatterElements: onnx(18, { axis: 'int', reduction: 'string' }),
  ScatterND: onnx(18, { reduction: 'string' }),
  ReduceSum: onnx(13, { keepdims: 'int', noop_with_empty_axes: 'int' }),
  ReduceMean: onnx(18, { keepdims: 'int', noop_with_empty_axes: 'int' }),
  ReduceMax: onnx(20, { keepdims: 'int', noop_with_empty_axes: 'int' }),
  MatMul: onnx(13),
  Gemm: onnx(13, { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' }),
  QuantizeLinear: onnx(21, { axis: 'int', block_size: 'int' }),
  Softmax: onnx(13, { axis: 'int' }),
  LogSoftmax: onnx(13, { axis: 'int' }),
  Trilu: onnx(14, { upper: 'int' }),
  /** ONNX Runtime registers it in the default domain (it fuses RMS norms into it). */
  SimplifiedLayerNormalization: onnx(1, { axis: 'int', epsilon: 'float', stash_type: 'int' }),
  SkipSimplifiedLayerNormalization: microsoft({ epsilon: 'float' }),
  MatMulNBits: microsoft({ K: 'int', N: 'int', bits: 'int', block_size: 'int', accuracy_level: 'int' }),
  MatMulIntegerToFloat: microsoft({}),
  FusedMatMul: microsoft({
    alpha: 'float',
    transA: 'int',
    transB: 'int',
    transBatchA: 'int',
    transBatchB: 'int',
  }),
  QuickGelu: microsoft({ alpha: 'float' }),
  FastGelu: microsoft({}),
  RotaryEmbedding: microsoft({
    interleaved: 'int',
    num_heads: 'int',
    rotary_embedding_dim: 'int',
    scale: 'float',
  }),
  GroupQueryAttention: microsoft({
    num_heads: 'int',
    kv_num_heads: 'int',
    scale: 'float',
    do_rotary: 'int',
    rotary_interleaved: 'int',
    local_window_size: 'int',
    softcap: 'float',
  }),
} as const satisfies Record<string, OpEntry>;

export type OpName = keyof typeof ops;

interface AttributeValues {
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  floats: readonly number[];
}

/** The attributes that an operator takes, each with the type of its kind; what is left out has ONNX's default. */
export type Attributes<O extends OpName> = {
  readonly [A in keyof (typeof ops)[O]['attributes']]?: (typeof ops)[O]['attributes'][A] extends AttributeKind
    ? AttributeValues[(typeof ops)[O]['attributes'][A]]
    : never;
};
