// Looks at the fixed header of every MQTT packet before the broker buffers it: kind, flags and length, nothing else.

import { SkeinError } from '../../core/errors.js';
import { kinds } from '../../proto/topics.js';

/** Topic, packet identifier and length fields around an envelope. */
const overhead = 512;

const largestEnvelope = Math.max(
  ...Object.values(kinds).flatMap(({ directions, maxBytes }) =>
    (directions as readonly string[]).includes('up') ? [maxBytes] : [],
  ),
);

/** What a client of ours may send (MQTT 3.1.1, table 2.1): QoS 2 is not part of the contract. Remaining length in bytes. */
const limits: Readonly<Record<number, number>> = {
  1: kinds.presence.maxBytes + 1024, // CONNECT, with the last will
  3: largestEnvelope + overhead, // PUBLISH
  4: 2, // PUBACK
  8: 2048, // SUBSCRIBE
  10: 2048, // UNSUBSCRIBE
  12: 0, // PINGREQ
  14: 0, // DISCONNECT
};

/**
 * One for each connection; fed with its bytes in order. Throws `wire/oversized` at the header of a packet that is too
 * large and `wire/malformed` for what is not MQTT, before any of the packet's content was passed on.
 */
export function packetGuard(): (bytes: Uint8Array) => void {
  let type: number | undefined;
  let lengthBytes = 0;
  let length = 0;
  let toSkip = 0;
  let first = true;

  const begin = (byte: number): void => {
    type = byte >> 4;
    if (!(type in limits)) throw malformed(`packet type ${type}`);
    if (first !== (type === 1)) throw malformed(first ? 'no CONNECT first' : 'a second CONNECT');
    const qos = (byte >> 1) & 3;
    if (type === 3 && qos > 1) throw malformed(`QoS ${qos}`);
    first = false;
    lengthBytes = 0;
    length = 0;
  };

  const measure = (byte: number): void => {
    length += (byte & 0x7f) * 128 ** lengthBytes;
    lengthBytes += 1;
    const limit = limits[type as number] as number;
    if (length > limit) {
      throw new SkeinError('wire/oversized', `An MQTT packet has more than ${limit} bytes.`, {
        data: { length, limit },
      });
    }
    if (byte >= 0x80) {
      if (lengthBytes === 4) throw malformed('a length of more than four bytes');
      return;
    }
    type = undefined;
    toSkip = length;
  };

  return bytes => {
    let at = 0;
    while (at < bytes.length) {
      if (toSkip > 0) {
        const step = Math.min(toSkip, bytes.length - at);
        toSkip -= step;
        at += step;
        continue;
      }
      const byte = bytes[at] as number;
      at += 1;
      if (type === undefined) begin(byte);
      else measure(byte);
    }
  };
}

const malformed = (what: string): SkeinError =>
  new SkeinError('wire/malformed', `Not MQTT as agreed: ${what}.`);
