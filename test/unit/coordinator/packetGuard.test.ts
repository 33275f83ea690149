// The guard on the socket: lets every packet of the contract through in any pieces, and nothing past its limits.

import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { packetGuard } from '../../../coordinator/broker/packetGuard.js';
import { SkeinError } from '../../../core/errors.js';
import { kinds, upTopic } from '../../../proto/topics.js';

const connect = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'd'.repeat(63),
  keepalive: 30,
  will: {
    topic: upTopic('f'.repeat(63), 'd'.repeat(63), 'presence'),
    payload: Buffer.alloc(kinds.presence.maxBytes),
    qos: 1,
    retain: false,
  },
});
const chunk = generate({
  cmd: 'publish',
  topic: upTopic('f'.repeat(63), 'd'.repeat(63), 'chunk'),
  payload: Buffer.alloc(kinds.chunk.maxBytes, 0x10),
  qos: 1,
  messageId: 7,
  dup: false,
  retain: false,
});
const good = Buffer.concat([
  connect,
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/+', qos: 1 }] }),
  chunk,
  generate({ cmd: 'puback', messageId: 3 }),
  generate({ cmd: 'pingreq' }),
  chunk,
  generate({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a/+'] }),
  generate({ cmd: 'disconnect' }),
]);

test('the largest messages of the contract pass, cut at any places', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(good.length), { maxLength: 20 }), cuts => {
      const guard = packetGuard();
      const at = [0, ...cuts.sort((a, b) => a - b), good.length];
      for (let i = 1; i < at.length; i++) guard(good.subarray(at[i - 1], at[i]));
    }),
  );
});

const header = (type: number, length: number, flags = 0): Buffer => {
  const bytes = [(type << 4) | flags];
  let rest = length;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
};

test.each([
  ['a PUBLISH of 60 kB', 'wire/oversized', [connect, header(3, 60_000, 2)]],
  ['a PUBLISH of 256 MB', 'wire/oversized', [connect, header(3, 268_435_455)]],
  ['a CONNECT of 64 kB', 'wire/oversized', [header(1, 65_536)]],
  ['a SUBSCRIBE of 1 MB', 'wire/oversized', [connect, header(8, 1e6, 2)]],
  ['a PINGREQ with content', 'wire/oversized', [connect, header(12, 1)]],
  ['a length of five bytes', 'wire/malformed', [connect, Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])]],
  ['something before CONNECT', 'wire/malformed', [header(12, 0)]],
  ['two CONNECTs', 'wire/malformed', [connect, connect]],
  ['QoS 2', 'wire/malformed', [connect, header(3, 10, 4)]],
  ['PUBREL', 'wire/malformed', [connect, header(6, 2, 2)]],
  ['CONNACK from a client', 'wire/malformed', [connect, header(2, 2)]],
  ['type 0', 'wire/malformed', [Buffer.from([0, 0])]],
])('%s is refused at its header with %s', (_, code, packets) => {
  const guard = packetGuard();
  const bytes = Buffer.concat(packets);
  // Byte by byte: it never needs the content to decide.
  expect(() => {
    for (const byte of bytes) guard(Uint8Array.of(byte));
  }).toThrow(expect.objectContaining({ code }));
});

test('arbitrary bytes give typed errors only, and the same in any pieces', () => {
  const verdict = (pieces: readonly Uint8Array[]): string => {
    const guard = packetGuard();
    try {
      for (const piece of pieces) guard(piece);
      return 'passes';
    } catch (error) {
      if (!(error instanceof SkeinError)) throw error;
      return error.code;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, begun) => {
      const bytes = begun ? new Uint8Array(Buffer.concat([connect, noise])) : noise;
      expect(verdict([...bytes].map(byte => Uint8Array.of(byte)))).toBe(verdict([bytes]));
    }),
  );
});
