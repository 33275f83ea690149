// Damages what a GGUF file says, and writes it soundly: other values, missing keys, tensors of other names, types and shapes.

import type { SeededRandom } from '../../core/random.js';
import type { Gguf } from '../../model/formats/gguf.js';
import { type GgufType, ggufTypes } from '../../model/formats/ggufTypes.js';
import { tensorBytes } from '../helpers/ggufTensors.js';
import { encodeGguf, type WritableTensor, type WritableValue } from '../helpers/ggufWriter.js';
import { type Json, mutateTree, pick } from './mutations.js';

const isText = (value: unknown): value is string => typeof value === 'string';
const isInt32 = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) === ((value as number) | 0);

/** Undefined for what the writer has no type for. */
function writable(value: Json): WritableValue | undefined {
  if (typeof value === 'boolean' || isText(value)) return value;
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? { u32: value } : { f32: value };
  if (!Array.isArray(value)) return undefined;
  if (value.every(isText)) return { strings: value };
  return value.every(isInt32) ? { i32s: value } : undefined;
}

/** Large tensors are not worth their memory. */
const mostBytes = 1 << 20;

function damagedTensors(gguf: Gguf, random: SeededRandom): WritableTensor[] {
  const tensors = [...gguf.tensors.values()].map(tensor => ({
    ...tensor,
    content: tensorBytes(gguf, tensor),
  }));
  const at = random.below(tensors.length);
  const chosen = tensors[at] as (typeof tensors)[number];
  const other = pick(random, tensors);
  const shape = [...chosen.shape];
  const axis = random.below(shape.length);
  const changed = { ...chosen };
  switch (random.below(5)) {
    case 0:
      tensors.splice(at, 1);
      break;
    case 1:
      changed.name = pick(random, [
        other.name,
        'x',
        `${chosen.name}.x`,
        chosen.name.replace('blk.0', 'blk.1'),
      ]);
      break;
    case 2:
      changed.type = pick(random, Object.keys(ggufTypes) as GgufType[]);
      break;
    case 3:
      shape[axis] = pick(random, [1, 31, 32, 64, 256, 257, (shape[axis] as number) * 2]);
      changed.shape = shape;
      break;
    default:
      changed.shape = pick(random, [
        shape.toReversed(),
        [...shape, 1],
        [...shape, 2],
        shape.slice(0, 1),
        other.shape,
      ]);
  }
  const block = ggufTypes[changed.type];
  const count = changed.shape.reduce((product, size) => product * size, 1);
  const bytes = (count / block.values) * block.bytes;
  const fits = (changed.shape[0] as number) % block.values === 0 && bytes <= mostBytes;
  if (fits && tensors[at] === chosen) {
    const content = new Uint8Array(bytes);
    content.set(chosen.content.subarray(0, bytes));
    tensors[at] = { ...changed, content };
  }
  return tensors.map(({ name, type, shape, content }) => ({ name, type, shape, bytes: content }));
}

export function mutateMeaning(gguf: Gguf, random: SeededRandom): Uint8Array {
  const tensors =
    random.below(3) === 0
      ? damagedTensors(gguf, random)
      : [...gguf.tensors.values()].map(tensor => ({ ...tensor, bytes: tensorBytes(gguf, tensor) }));
  let metadata: Json = Object.fromEntries(
    [...gguf.metadata].map(([key, value]) => [key, (typeof value === 'object' ? [...value] : value) as Json]),
  );
  if (random.below(4) > 0) for (let n = random.below(3); n >= 0; n--) metadata = mutateTree(metadata, random);
  const entries = typeof metadata === 'object' && metadata !== null ? Object.entries(metadata) : [];
  const written = entries.flatMap(([key, value]) => {
    const found = writable(value);
    return found === undefined ? [] : [[key, found] as const];
  });
  return encodeGguf(Object.fromEntries(written), tensors);
}
