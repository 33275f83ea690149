// The GGUF reader against the writer: what is written is read, and a header that lies is refused with a typed error.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../core/bytes.js';
import { isSkeinError } from '../../../core/errors.js';
import { dequantise } from '../../../model/formats/blocks.js';
import { readGguf } from '../../../model/formats/gguf.js';
import { metadataOf } from '../../../model/formats/ggufMetadata.js';
import { StringList } from '../../../model/formats/stringList.js';
import { tensorBytes, tensorOf } from '../../helpers/ggufTensors.js';
import { encodeGguf } from '../../helpers/ggufWriter.js';
import { quantise } from '../../helpers/quantise.js';

const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i) * 2);
const metadata = {
  'general.architecture': 'llama',
  'a.number': { u32: 4_000_000_000 },
  'a.float': { f32: 1e-5 },
  'a.flag': true,
  'a.list': { strings: ['', 'Ġthe', '🧶'] },
  'a.numbers': { i32s: [1, -3] },
} as const;
const file = (): Uint8Array =>
  encodeGguf(metadata, [
    { name: 'first', type: 'Q8_0', shape: [32, 2], bytes: quantise('Q8_0', values) },
    { name: 'second', type: 'F32', shape: [64], bytes: quantise('F32', values) },
  ]);
const read = (bytes: Uint8Array) => readGguf(memorySource(bytes));

/** A header by hand: `entries` and `tensors` are raw bytes of the two lists. */
function rawFile(options: {
  version?: number;
  tensorCount?: bigint;
  entryCount?: bigint;
  body?: number[];
}): Uint8Array {
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, 0x46554747, true);
  head.setUint32(4, options.version ?? 3, true);
  head.setBigUint64(8, options.tensorCount ?? 0n, true);
  head.setBigUint64(16, options.entryCount ?? 0n, true);
  return new Uint8Array([...new Uint8Array(head.buffer), ...(options.body ?? [])]);
}
const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
const u64 = (value: bigint): number[] => [...new Uint8Array(BigUint64Array.of(value).buffer)];
const text = (value: string): number[] => [...u64(BigInt(value.length)), ...Buffer.from(value)];
const padding = new Array<number>(256).fill(0);

const refused = (bytes: Uint8Array, code: 'gguf/invalid' | 'gguf/unsupported', message: RegExp): void => {
  let thrown: unknown;
  try {
    read(bytes);
  } catch (error) {
    thrown = error;
  }
  expect(isSkeinError(thrown, code), String(thrown)).toBe(true);
  expect((thrown as Error).message).toMatch(message);
};

describe('readGguf', () => {
  it('reads metadata and tensors as they were written', () => {
    const gguf = read(file());
    expect(Object.fromEntries(gguf.metadata)).toEqual({
      'general.architecture': 'llama',
      'a.number': 4_000_000_000,
      'a.float': Math.fround(1e-5),
      'a.flag': true,
      'a.list': StringList.of(['', 'Ġthe', '🧶']),
      'a.numbers': Int32Array.of(1, -3),
    });
    expect([...gguf.tensors.keys()]).toEqual(['first', 'second']);
    expect(tensorOf(gguf, 'first')).toMatchObject({ type: 'Q8_0', shape: [32, 2], count: 64, bytes: 68 });
    expect(dequantise('F32', tensorBytes(gguf, tensorOf(gguf, 'second')))).toEqual(values);
    expect(metadataOf(gguf, 'a.list', 'strings')).toHaveLength(3);
    expect(metadataOf(gguf, 'missing', 'number')).toBeUndefined();
    expect(() => metadataOf(gguf, 'a.list', 'number')).toThrow(/not of the kind/);
    expect(() => tensorOf(gguf, 'third')).toThrow(/no tensor/);
  });

  it('is a source of decoded values, of blocks where the type has them, and of single rows', () => {
    const gguf = read(file());
    const first = gguf.read('first');
    expect(first).toEqual(dequantise('Q8_0', quantise('Q8_0', values)));
    expect(gguf.read('second')).toEqual(values);
    expect(gguf.blocks('first')?.scales).toHaveLength(2);
    expect(gguf.blocks('second')).toBeUndefined();
    expect(gguf.rows('first', 1, 1)).toEqual(first.slice(32));
    expect(() => gguf.read('third')).toThrow(/no tensor/);
  });

  it('reads a header that is larger than its window, byte by byte the same', () => {
    const strings = Array.from({ length: 200_000 }, (_, i) => `token ${i}`);
    const long = 'long '.repeat(500_000);
    const bytes = encodeGguf({ before: { u32: 1 }, strings: { strings }, long, after: { f32: 0.5 } }, []);
    const reads: number[] = [];
    const source = memorySource(bytes);
    const gguf = readGguf({
      size: source.size,
      read(offset, length) {
        reads.push(length);
        return source.read(offset, length).slice();
      },
    });
    expect([...gguf.metadata.keys()]).toEqual(['before', 'strings', 'long', 'after']);
    expect([gguf.metadata.get('before'), gguf.metadata.get('after')]).toEqual([1, 0.5]);
    expect(gguf.metadata.get('long') === long).toBe(true);
    const list = metadataOf(gguf, 'strings', 'strings');
    expect(list?.length).toBe(strings.length);
    expect(strings.findIndex((string, index) => list?.at(index) !== string)).toBe(-1);
    expect(reads.length).toBeLessThan(12);
  });

  it('refuses every truncation', () => {
    const whole = file();
    for (let length = 0; length < whole.length - 32; length++)
      refused(whole.subarray(0, length), 'gguf/invalid', /./);
  });

  it.each<[string, Uint8Array, 'gguf/invalid' | 'gguf/unsupported', RegExp]>([
    ['another magic', new Uint8Array(64), 'gguf/invalid', /does not start/],
    ['version 1', rawFile({ version: 1 }), 'gguf/unsupported', /version 1/],
    [
      'more tensors than fit',
      rawFile({ tensorCount: 1n << 60n, body: padding }),
      'gguf/invalid',
      /number of tensors/,
    ],
    [
      'more entries than fit',
      rawFile({ entryCount: 1n << 40n, body: padding }),
      'gguf/invalid',
      /metadata entries/,
    ],
    [
      'a text past the end',
      rawFile({ entryCount: 1n, body: [...u64(1n << 50n), ...padding] }),
      'gguf/invalid',
      /length of a metadata key/,
    ],
    [
      'a text that is no UTF-8',
      rawFile({ entryCount: 1n, body: [...u64(1n), 255, ...padding] }),
      'gguf/invalid',
      /not UTF-8/,
    ],
    [
      'an unknown metadata type',
      rawFile({ entryCount: 1n, body: [...text('k'), ...u32(13), ...padding] }),
      'gguf/invalid',
      /type 13/,
    ],
    [
      'an array longer than the file',
      rawFile({ entryCount: 1n, body: [...text('k'), ...u32(9), ...u32(0), ...u64(1n << 33n), ...padding] }),
      'gguf/invalid',
      /length of an array/,
    ],
    [
      'a boolean of 7',
      rawFile({ entryCount: 1n, body: [...text('k'), ...u32(7), 7, ...padding] }),
      'gguf/invalid',
      /boolean is 7/,
    ],
    [
      'arrays in arrays without end',
      rawFile({
        entryCount: 1n,
        body: [
          ...text('k'),
          ...u32(9),
          ...Array.from({ length: 64 }, () => [...u32(9), ...u64(1n)]).flat(),
          ...padding,
        ],
      }),
      'gguf/invalid',
      /nested/,
    ],
    [
      'a key that stands twice',
      rawFile({ entryCount: 2n, body: [...text('k'), ...u32(0), 1, ...text('k'), ...u32(0), 1, ...padding] }),
      'gguf/invalid',
      /stands twice/,
    ],
    [
      'an alignment of 3',
      rawFile({ entryCount: 1n, body: [...text('general.alignment'), ...u32(4), ...u32(3), ...padding] }),
      'gguf/invalid',
      /power of two/,
    ],
  ])('refuses %s', (_, bytes, code, message) => refused(bytes, code, message));

  const tensor = (name: string, dims: bigint[], type: number, offset: bigint): number[] => [
    ...text(name),
    ...u32(dims.length),
    ...dims.flatMap(u64),
    ...u32(type),
    ...u64(offset),
  ];
  it.each<[string, number[][], 'gguf/invalid' | 'gguf/unsupported', RegExp]>([
    ['five dimensions', [tensor('t', [1n, 1n, 1n, 1n, 1n], 0, 0n)], 'gguf/invalid', /5 dimensions/],
    ['no dimension', [tensor('t', [], 0, 0n)], 'gguf/invalid', /0 dimensions/],
    ['an empty dimension', [tensor('t', [0n], 0, 0n)], 'gguf/invalid', /dimension of 0/],
    ['a product that overflows', [tensor('t', [1n << 50n, 1n << 50n], 0, 0n)], 'gguf/invalid', /dimension/],
    ['a dimension past 2^53', [tensor('t', [1n << 60n], 0, 0n)], 'gguf/invalid', /dimension/],
    ['half a block', [tensor('t', [48n], 8, 0n)], 'gguf/invalid', /whole blocks/],
    ['an unknown type', [tensor('t', [32n], 99, 0n)], 'gguf/unsupported', /type 99/],
    ['an offset that is not aligned', [tensor('t', [1n], 0, 4n)], 'gguf/invalid', /multiple/],
    ['a tensor past the end', [tensor('t', [1n], 0, 1n << 40n)], 'gguf/invalid', /past the end/],
    [
      'a name that stands twice',
      [tensor('t', [1n], 0, 0n), tensor('t', [1n], 0, 32n)],
      'gguf/invalid',
      /stands twice/,
    ],
    [
      'tensors that overlap',
      [tensor('a', [16n], 0, 0n), tensor('b', [1n], 0, 32n)],
      'gguf/invalid',
      /overlap/,
    ],
  ])('refuses tensors with %s', (_, tensors, code, message) =>
    refused(
      rawFile({ tensorCount: BigInt(tensors.length), body: [...tensors.flat(), ...padding] }),
      code,
      message,
    ),
  );

  it('gives typed errors only, for arbitrary bytes and for mutated files', () => {
    const whole = file();
    const mutated = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 })
      .map(changes => {
        const copy = whole.slice();
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    const header = fc
      .uint8Array({ maxLength: 400 })
      .map(body => rawFile({ tensorCount: 1n, entryCount: 2n, body: [...body] }));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), header, mutated), bytes => {
        try {
          const gguf = read(bytes);
          for (const found of gguf.tensors.values())
            expect(tensorBytes(gguf, found)).toHaveLength(found.bytes);
        } catch (error) {
          expect(
            isSkeinError(error, 'gguf/invalid') || isSkeinError(error, 'gguf/unsupported'),
            String(error),
          ).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('StringList', () => {
  it('gives the texts one by one, and all in order', () => {
    const texts = ['', 'Ġthe', '🧶', '', '\ufeffa'];
    const list = StringList.of(texts);
    expect([...list]).toEqual(texts);
    expect(list.at(2)).toBe('🧶');
    expect([list.at(-1), list.at(5), list.at(0.5)]).toEqual([undefined, undefined, undefined]);
    expect(list.isUtf8()).toBe(true);
  });

  it('sees texts that are UTF-8 only together', () => {
    const bytes = new Uint8Array(Buffer.from('é'));
    expect(new StringList(bytes, Uint32Array.of(0, 1, 2)).isUtf8()).toBe(false);
    expect(new StringList(bytes, Uint32Array.of(0, 0, 2)).isUtf8()).toBe(true);
    expect(new StringList(bytes.subarray(0, 1), Uint32Array.of(0, 1)).isUtf8()).toBe(false);
  });
});

describe('lists in lists', () => {
  it.each([8, 9, 4, 0])('of type %s, empty, take the room of what they cost', elementType => {
    const count = 300_000;
    const body = new Uint8Array(12 * count);
    const one = [...u32(elementType), ...u64(0n)];
    // An empty list of lists is of some type too.
    for (let i = 0; i < count; i++) body.set(elementType === 9 ? [...u32(9), ...u64(0n)] : one, 12 * i);
    const head = rawFile({
      entryCount: 1n,
      body: [...text('k'), ...u32(9), ...u32(9), ...u64(BigInt(count))],
    });
    const bytes = new Uint8Array([...head, ...padding]);
    const whole = new Uint8Array(head.length + body.length + padding.length);
    whole.set(bytes.subarray(0, head.length));
    whole.set(body, head.length);
    refused(whole, 'gguf/invalid', /lists/);
  });
});

describe('values that are none of their type', () => {
  const withValue = (...value: number[]): Uint8Array =>
    rawFile({ entryCount: 1n, body: [...text('k'), ...value, ...padding] });

  it('a boolean is 0 or 1', () => {
    expect(read(withValue(...u32(7), 1)).metadata.get('k')).toBe(true);
    refused(withValue(...u32(7), 2), 'gguf/invalid', /boolean/);
  });

  it('texts are UTF-8, alone and in lists', () => {
    const broken = [...u64(2n), 0xc3, 0x28];
    refused(withValue(...u32(8), ...broken), 'gguf/invalid', /UTF-8/);
    refused(withValue(...u32(9), ...u32(8), ...u64(1n), ...broken), 'gguf/invalid', /UTF-8/);
    // Whole together, but each half is none.
    const halves = [...u64(1n), 0xc3, ...u64(1n), 0xa9];
    refused(withValue(...u32(9), ...u32(8), ...u64(2n), ...halves), 'gguf/invalid', /UTF-8/);
  });
});
