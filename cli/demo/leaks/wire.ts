// Takes a recorded connection apart the way the coordinator does: MQTT packets, envelopes, blobs out of chunks, tensors.
//
// It reads leniently and on its own: what the coordinator refused, or never looked at, is searched like everything else.

import { toHex } from '../../../core/index.js';
import { skein } from '../../../proto/gen/skein.js';
import type { View } from './views.js';

/** Everything that reached the coordinator over one connection, after decryption, in order. */
export interface Recording {
  readonly protocol: 'mqtt' | 'https';
  readonly bytes: Uint8Array;
}

/** Pieces in which a text stands in one run although the recording cuts it: message payloads, whole blobs, floats as letters. */
export function* unpack(recordings: readonly Recording[]): Generator<View> {
  const blobs = new Map<string, Map<number, Uint8Array>>();
  for (const { protocol, bytes } of recordings) {
    if (protocol !== 'mqtt') continue;
    for (const payload of published(bytes)) {
      yield { name: 'mqtt payload', bytes: payload };
      const envelope = attempt(() => skein.Envelope.decode(payload));
      if (envelope === undefined) continue;
      yield { name: `mqtt ${printable(envelope.kind)}`, bytes: envelope.payload };
      if (envelope.kind !== 'chunk') continue;
      const chunk = attempt(() => skein.Chunk.decode(envelope.payload));
      if (chunk === undefined) continue;
      const key = toHex(chunk.blob);
      const parts = blobs.get(key) ?? new Map<number, Uint8Array>();
      blobs.set(key, parts.set(chunk.index, chunk.data));
    }
  }
  for (const parts of blobs.values()) {
    const bytes = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, data]) => data));
    yield { name: 'blob', bytes };
    const update = attempt(() => skein.Update.decode(bytes));
    for (const tensor of update?.tensors ?? []) {
      if (tensor.values == null) continue;
      yield { name: 'tensor bytes', bytes: tensor.values };
      yield { name: 'tensor as letters', bytes: letters(tensor.values) };
    }
  }
}

/** Payloads of the PUBLISH packets of one client's stream (MQTT 3.1.1, sections 2.2 and 3.3); ends at what is no packet. */
export function* published(stream: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  while (at + 2 <= stream.length) {
    const first = stream[at] as number;
    let length = 0;
    let shift = 0;
    let cursor = at + 1;
    for (;;) {
      const byte = stream[cursor++];
      if (byte === undefined || shift > 21) return;
      length |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    const end = Math.min(cursor + length, stream.length);
    if (first >> 4 === 3 && cursor + 2 <= end) {
      const topic = ((stream[cursor] as number) << 8) | (stream[cursor + 1] as number);
      const packetId = (first & 0b110) === 0 ? 0 : 2;
      const from = cursor + 2 + topic + packetId;
      if (from < end) yield stream.subarray(from, end);
    }
    at = cursor + length;
  }
}

/** Floats that are whole numbers below 256 could be a text; each becomes that byte. */
function letters(values: Uint8Array): Uint8Array {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return Uint8Array.from({ length: Math.floor(values.length / 4) }, (_, i) => {
    const value = Math.round(view.getFloat32(4 * i, true));
    return value > 0 && value < 256 ? value : 0;
  });
}

const printable = (kind: string): string => (/^[a-z-]{1,20}$/.test(kind) ? kind : 'unknown kind');

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
