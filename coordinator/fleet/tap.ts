// The tap, for audits: every byte of the devices' connections, after decryption, appended to a file only its owner reads.
//
// A sequence of frames: one line of JSON, {"listener","connection","direction","device","bytes"}, then that many bytes.

import { closeSync, openSync, writeSync } from 'node:fs';
import { toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import type { Tap } from '../broker/meteredSocket.js';

/** Throws `io/*` where the file cannot be opened; if it cannot be written later, that is logged and the fleet goes on. */
export function openTap(file: string, log: Log): { readonly tap: Tap; close(): void } {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'a', 0o600);
  } catch (error) {
    throw toSkeinError(error);
  }
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  const tap: Tap = (direction, bytes, { listener, connection, device }) => {
    if (descriptor === undefined) return;
    const line = JSON.stringify({ listener, connection, direction, device, bytes: bytes.length });
    try {
      // One write each, so that a frame is whole on disk before its bytes are dealt with.
      writeAll(descriptor, Buffer.concat([Buffer.from(`${line}\n`), bytes]));
    } catch (thrown) {
      const error = toSkeinError(thrown);
      log.error({ code: error.code, err: error, file }, 'the tap cannot be written; it ends here');
      close();
    }
  };
  return { tap, close };
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}
