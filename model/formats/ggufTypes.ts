// Types of GGUF tensors as data: number, name, values and bytes of one block (ggml.h and ggml-quants.h of the GGML project).

interface TypeRow {
  /** Values in one block along the first dimension. */
  readonly values: number;
  /** Bytes of one block. */
  readonly bytes: number;
}

/** Every type that a file may hold; those with a decoder are listed in `readableTypes`. */
export const ggufTypes = {
  F32: { values: 1, bytes: 4 },
  F16: { values: 1, bytes: 2 },
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q5_1: { values: 32, bytes: 24 },
  Q8_0: { values: 32, bytes: 34 },
  Q8_1: { values: 32, bytes: 36 },
  Q2_K: { values: 256, bytes: 84 },
  Q3_K: { values: 256, bytes: 110 },
  Q4_K: { values: 256, bytes: 144 },
  Q5_K: { values: 256, bytes: 176 },
  Q6_K: { values: 256, bytes: 210 },
  Q8_K: { values: 256, bytes: 292 },
  I8: { values: 1, bytes: 1 },
  I16: { values: 1, bytes: 2 },
  I32: { values: 1, bytes: 4 },
  I64: { values: 1, bytes: 8 },
  F64: { values: 1, bytes: 8 },
  BF16: { values: 1, bytes: 2 },
} as const satisfies Record<string, TypeRow>;

export type GgufType = keyof typeof ggufTypes;

/** Number in the file -> name. Numbers that are missing belong to types that are retired or that nothing here can size. */
export const typeNumbers: Readonly<Record<number, GgufType>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  30: 'BF16',
};

export const readableTypes = [
  'F32',
  'F16',
  'BF16',
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q8_0',
  'Q4_K',
  'Q5_K',
  'Q6_K',
] as const satisfies readonly GgufType[];
export type ReadableType = (typeof readableTypes)[number];

/**
 * Types that are blocks of 32 values with one scale and one minimum: what the lowering keeps quantised. Q4_K and Q5_K are
 * eight of them; Q6_K has a scale for every 16 values.
 */
export const blockTypes = [
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q8_0',
  'Q4_K',
  'Q5_K',
] as const satisfies readonly ReadableType[];
export type BlockType = (typeof blockTypes)[number];

export const isReadable = (type: GgufType): type is ReadableType =>
  (readableTypes as readonly string[]).includes(type);
export const isBlockType = (type: GgufType): type is BlockType =>
  (blockTypes as readonly string[]).includes(type);
