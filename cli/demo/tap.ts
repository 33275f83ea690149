// Reads the coordinator's tap: everything that went over the devices' connections, after decryption.
//
// A sequence of frames: one line of JSON, {"listener","connection","direction","bytes",…}, then that many bytes.

import { SkeinError } from '../../core/index.js';
import type { Recording } from './leaks/wire.js';

interface Frame {
  readonly listener: 'mqtt' | 'https';
  readonly connection: number;
  readonly direction: 'up' | 'down';
  readonly bytes: number;
}

const maxHeaderBytes = 4096;

/** What devices sent, one recording for each connection, in order. Throws `io/invalid` for anything else. */
export function readTap(content: Uint8Array): Recording[] {
  const streams = new Map<string, { protocol: Recording['protocol']; parts: Uint8Array[] }>();
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(10, at);
    if (end < 0 || end - at > maxHeaderBytes) throw damaged(at);
    const { listener, connection, direction, bytes } = header(content.subarray(at, end), at);
    const from = end + 1;
    if (from + bytes > content.length) throw damaged(at);
    if (direction === 'up') {
      const key = `${listener} ${connection}`;
      const stream = streams.get(key) ?? { protocol: listener, parts: [] };
      stream.parts.push(content.subarray(from, from + bytes));
      streams.set(key, stream);
    }
    at = from + bytes;
  }
  return [...streams.values()].map(({ protocol, parts }) => ({ protocol, bytes: Buffer.concat(parts) }));
}

function header(line: Uint8Array, at: number): Frame {
  let value: Partial<Record<keyof Frame, unknown>> | null;
  try {
    value = JSON.parse(Buffer.from(line).toString('utf8')) as typeof value;
  } catch {
    throw damaged(at);
  }
  const { listener, connection, direction, bytes } = value ?? {};
  const known =
    (listener === 'mqtt' || listener === 'https') &&
    (direction === 'up' || direction === 'down') &&
    Number.isSafeInteger(connection) &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0;
  if (!known) throw damaged(at);
  return value as Frame;
}

const damaged = (at: number): SkeinError =>
  new SkeinError('io/invalid', `The tap is damaged at byte ${at}.`, { data: { at } });
