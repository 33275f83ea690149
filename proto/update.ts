// The update's own encoding: named float32 tensors, checked for shape, order and finite values.

import { SkeinError } from '../core/errors.js';
import { skein } from './gen/skein.js';
import type { NamedTensor, Update } from './messages.js';
import { read } from './read.js';
import { maxBlobBytes } from './topics.js';

const maxTensors = 4096;
const maxDimensions = 4;
const tensorName = /^[A-Za-z0-9_.-]{1,200}$/;
const releaseName = /^(?:[0-9a-f]{64})?$/;

/** Throws `round/invalid-update` for what `decodeUpdate` would refuse. */
export function encodeUpdate(update: Update): Uint8Array {
  check(update);
  const tensors = update.tensors.map(({ name, shape, values }) => ({
    name,
    shape: [...shape],
    // Every processor that Node supports with ONNX Runtime is little-endian.
    values: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }));
  const bytes = new Uint8Array(skein.Update.encode({ ...update, tensors }).finish());
  if (bytes.length > maxBlobBytes) throw invalid(`it has ${bytes.length} bytes, more than ${maxBlobBytes}`);
  return bytes;
}

/** Throws `wire/oversized`, `wire/malformed` or `round/invalid-update`; the values are a copy. */
export function decodeUpdate(bytes: Uint8Array, maxBytes: number = maxBlobBytes): Update {
  if (bytes.length > maxBytes) {
    throw new SkeinError('wire/oversized', `${bytes.length} bytes are more than ${maxBytes}.`, {
      data: { size: bytes.length, maxBytes },
    });
  }
  const { nonce, examples, tensors, startRelease } = read('update', skein.Update, bytes);
  if (tensors.length > maxTensors) throw invalid(`it has ${tensors.length} tensors`);
  const update: Update = {
    nonce: Uint8Array.from(nonce),
    examples,
    startRelease,
    tensors: tensors.map(tensor),
  };
  check(update);
  return update;
}

function tensor({ name, shape, values }: skein.Tensor.$Properties): NamedTensor {
  const raw = values ?? new Uint8Array(0);
  if (raw.length % 4 !== 0) throw invalid('a tensor has a broken value');
  return {
    name: name ?? '',
    shape: [...(shape ?? [])],
    values: new Float32Array(Uint8Array.from(raw).buffer),
  };
}

function check({ nonce, examples, tensors, startRelease }: Update): void {
  if (nonce.length < 8 || nonce.length > 32) throw invalid('its nonce has not 8 to 32 bytes');
  if (!Number.isSafeInteger(examples) || examples < 1 || examples > 0xffff_ffff)
    throw invalid('its number of examples is none');
  if (!releaseName.test(startRelease)) throw invalid('its start release has no name');
  if (tensors.length < 1 || tensors.length > maxTensors) throw invalid(`it has ${tensors.length} tensors`);
  let before = '';
  for (const { name, shape, values } of tensors) {
    if (!tensorName.test(name)) throw invalid('a tensor has no valid name');
    if (name <= before) throw invalid('its tensors are not in name order');
    before = name;
    if (shape.length < 1 || shape.length > maxDimensions)
      throw invalid(`${name} has ${shape.length} dimensions`);
    const size = shape.reduce((product, length) => product * length, 1);
    if (!shape.every(length => Number.isSafeInteger(length) && length > 0) || size !== values.length) {
      throw invalid(`${name} has ${values.length} values, and its shape says another number`);
    }
    if (!values.every(Number.isFinite)) throw invalid(`${name} has a value that is not finite`);
  }
}

const invalid = (why: string): SkeinError =>
  new SkeinError('round/invalid-update', `The update is not usable: ${why}.`);
