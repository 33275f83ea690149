// A decrypted socket that is counted, shown to a tap and watched by a guard before anybody else sees its bytes.

import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

export interface ConnectionInfo {
  readonly listener: 'mqtt' | 'https';
  /** Rises with every connection of the process. */
  readonly connection: number;
  readonly remote: string;
  /** Common name of the client's certificate; undefined where it has none. */
  readonly device: string | undefined;
}

/** Sees all bytes after decryption: `up` reached the coordinator, `down` left it. */
export type Tap = (direction: 'up' | 'down', bytes: Uint8Array, info: ConnectionInfo) => void;

export interface MeteredSocketOptions {
  readonly info: ConnectionInfo;
  /** Of the client's certificate, upper-case hex. */
  readonly serial?: string;
  readonly onBytes: Tap;
  /** Throws to end the connection; what it threw is the error that the socket is destroyed with. */
  readonly guard?: (bytes: Uint8Array) => void;
}

let connections = 0;

export function connectionInfo(
  listener: ConnectionInfo['listener'],
  socket: TLSSocket,
  device?: string,
): ConnectionInfo {
  connections += 1;
  return { listener, connection: connections, remote: socket.remoteAddress ?? '', device };
}

export class MeteredSocket extends Duplex {
  readonly info: ConnectionInfo;
  readonly serial: string;
  readonly #socket: TLSSocket;
  readonly #onBytes: Tap;

  constructor(socket: TLSSocket, { info, onBytes, guard, serial = '' }: MeteredSocketOptions) {
    super({ allowHalfOpen: false });
    this.info = info;
    this.serial = serial;
    this.#socket = socket;
    this.#onBytes = onBytes;
    socket.on('data', (bytes: Buffer) => {
      onBytes('up', bytes, info);
      try {
        guard?.(bytes);
      } catch (error) {
        this.destroy(error as Error);
        return;
      }
      if (!this.push(bytes)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', error => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) {
      done(new Error('The connection is closed.'));
      return;
    }
    this.#onBytes('down', bytes, this.info);
    this.#socket.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
