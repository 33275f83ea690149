// A training checkpoint as bytes: the trainer's state and the name of the work it belongs to, checked before it is read.
//
// Layout, little-endian: "SKCP", u32 version, 32 bytes request hash, u32 step, f64 last loss, then three tensor lists
// (weights, first moments, second moments), then the SHA-256 of all before. A list: u32 count, and for each tensor
// u32 name bytes, name, u32 dimensions, u32 each, f32 values.

import { equalBytes, fromUtf8, sha256, toHex, utf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { TrainerState } from '../../model/engine/types.js';
import type { NamedTensor } from '../../proto/messages.js';

export interface Checkpoint {
  /** SHA-256 (hex) of the training request. */
  readonly request: string;
  readonly lastLoss: number;
  readonly state: TrainerState;
}

const magic = 0x50434b53;
const version = 1;
const hashBytes = 32;
const headBytes = 4 + 4 + hashBytes + 4 + 8;
const limits = { tensors: 4096, nameBytes: 512, dimensions: 4 } as const;

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { state } = checkpoint;
  const lists = [state.weights, state.firstMoments, state.secondMoments];
  const size = lists.reduce(
    (sum, list) => sum + 4 + list.reduce((bytes, t) => bytes + tensorBytes(t), 0),
    headBytes,
  );
  const out = new Uint8Array(size + hashBytes);
  const view = new DataView(out.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, version, true);
  out.set(Buffer.from(checkpoint.request, 'hex'), 8);
  view.setUint32(40, state.step, true);
  view.setFloat64(44, checkpoint.lastLoss, true);
  let at = headBytes;
  const u32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  for (const list of lists) {
    u32(list.length);
    for (const tensor of list) {
      const name = utf8(tensor.name);
      u32(name.length);
      out.set(name, at);
      at += name.length;
      u32(tensor.shape.length);
      for (const dimension of tensor.shape) u32(dimension);
      for (const value of tensor.values) {
        view.setFloat32(at, value, true);
        at += 4;
      }
    }
  }
  out.set(sha256(out.subarray(0, size)), size);
  return out;
}

/** Throws `checkpoint/invalid` for anything else than a whole checkpoint of this very request. */
export function decodeCheckpoint(bytes: Uint8Array, request: string): Checkpoint {
  const size = bytes.length - hashBytes;
  if (size < headBytes + 12) throw invalid('it is too short');
  if (!equalBytes(sha256(bytes.subarray(0, size)), bytes.subarray(size)))
    throw invalid('its hash does not fit');
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  if (view.getUint32(0, true) !== magic || view.getUint32(4, true) !== version)
    throw invalid('it is of another kind');
  if (toHex(bytes.subarray(8, 8 + hashBytes)) !== request) throw invalid('it belongs to other work');
  let at = headBytes;
  const need = (length: number): void => {
    if (length > size - at) throw invalid('it ends too early');
  };
  const u32 = (limit: number): number => {
    need(4);
    const value = view.getUint32(at, true);
    if (value > limit) throw invalid('a count is too large');
    at += 4;
    return value;
  };
  const tensor = (): NamedTensor => {
    const nameLength = u32(limits.nameBytes);
    need(nameLength);
    const name = fromUtf8(bytes.subarray(at, at + nameLength));
    at += nameLength;
    const shape = Array.from({ length: u32(limits.dimensions) }, () => u32(0xffff_ffff));
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    need(count * 4);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++, at += 4) values[i] = view.getFloat32(at, true);
    return { name, shape, values };
  };
  const list = (): NamedTensor[] => Array.from({ length: u32(limits.tensors) }, tensor);
  const state = {
    step: view.getUint32(40, true),
    weights: list(),
    firstMoments: list(),
    secondMoments: list(),
  };
  if (at !== size) throw invalid('bytes are left over');
  return { request, lastLoss: view.getFloat64(44, true), state };
}

const tensorBytes = (tensor: NamedTensor): number =>
  4 + utf8(tensor.name).length + 4 + 4 * tensor.shape.length + 4 * tensor.values.length;

const invalid = (why: string): SkeinError =>
  new SkeinError('checkpoint/invalid', `The checkpoint is not usable: ${why}.`);
