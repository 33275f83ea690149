// Copies of a GGUF model with its first layers alone, to see what a layer costs.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { memorySource } from '../dist/core/bytes.js';
import { readGguf } from '../dist/model/formats/gguf.js';
import { typeNumbers } from '../dist/model/formats/ggufTypes.js';

/** Written before a GGUF text, and for counts and offsets. */
function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const text = value => Buffer.concat([u64(value.length), Buffer.from(value)]);

/** The data stay where they are, with holes; the list of tensors is written anew. Returns the path of the copy in the folder. */
export function withLayers(model, count, folder) {
  const out = join(folder, `${basename(model, '.gguf')}.${count}-layers.gguf`);
  if (existsSync(out)) return out;
  const bytes = readFileSync(model);
  const { tensors, metadata } = readGguf(memorySource(bytes));
  const listed = [...tensors.values()];
  const list = bytes.indexOf(text(listed[0].name));
  const data = Math.min(...listed.map(({ offset }) => offset));
  const kept = listed.filter(({ name }) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0) < count);
  const entries = kept.flatMap(({ name, shape, type, offset }) => [
    text(name),
    u32(shape.length),
    ...shape.map(u64),
    u32(Number(Object.keys(typeNumbers).find(number => typeNumbers[number] === type))),
    u64(offset - data),
  ]);
  const head = Buffer.from(bytes.subarray(0, list));
  u64(kept.length).copy(head, 8);
  const key = `${metadata.get('general.architecture')}.block_count`;
  // After the key stand the type of its value and the value.
  u32(count).copy(head, head.indexOf(text(key)) + 8 + key.length + 4);
  const start = Buffer.concat([head, ...entries]);
  const alignment = metadata.get('general.alignment') ?? 32;
  const gap = Buffer.alloc((alignment - (start.length % alignment)) % alignment);
  writeFileSync(out, Buffer.concat([start, gap, bytes.subarray(data)]));
  return out;
}
