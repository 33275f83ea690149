// HTTPS for devices that have no certificate yet: one route, small bodies, short connections, few attempts.

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Clock } from '../../core/clock.js';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import {
  type EnrolmentAnswer,
  enrolmentPath,
  enrolmentRequestSchema,
  maxEnrolmentBytes,
} from '../../proto/enrolment.js';
import { close, listen } from '../broker/listen.js';
import { connectionInfo, MeteredSocket, type Tap } from '../broker/meteredSocket.js';
import type { Refusals } from '../broker/refusals.js';
import type { Devices } from './devices.js';
import type { FleetIdentity } from './fleetFolder.js';

export interface EnrolmentServerOptions {
  readonly fleet: FleetIdentity;
  readonly devices: Devices;
  readonly refusals: Refusals;
  readonly clock: Clock;
  readonly log: Log;
  readonly onBytes?: Tap;
}

const connectionMs = 15_000;
const maxConnections = 64;
/** Refused attempts of one address in a minute before it has to wait. */
const maxRefusedPerMinute = 20;
const maxAddresses = 10_000;

export class EnrolmentServer {
  readonly #options: EnrolmentServerOptions;
  readonly #http: Server;
  readonly #tls: TlsServer;
  readonly #refused = new Map<string, number>();
  readonly #sockets = new Set<MeteredSocket>();
  #minute = 0;

  constructor(options: EnrolmentServerOptions) {
    this.#options = options;
    const { fleet } = options;
    this.#http = createHttpServer(
      { maxHeaderSize: 4096 },
      (request, response) => void this.#answer(request, response),
    );
    this.#http.on('clientError', (error, socket) => {
      this.#refuse(new SkeinError('wire/malformed', 'This is not HTTP.', { cause: error }), '');
      socket.destroy();
    });
    this.#tls = createTlsServer({
      cert: fleet.serverCertificate,
      key: fleet.serverKey,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
    });
    this.#tls.maxConnections = maxConnections;
    this.#tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // A client that only looked, or that found another CA than it expected, resets the connection.
      if (error.code !== 'ECONNRESET')
        this.#refuse(new SkeinError('wire/malformed', 'This is not TLS.'), socket.remoteAddress ?? '');
      socket.destroy();
    });
    this.#tls.on('secureConnection', socket => this.#connect(socket));
  }

  /** Resolves with the port. Throws `net/port-busy`. */
  async start(address: { host: string; port: number }): Promise<number> {
    return listen(this.#tls, address);
  }

  async stop(): Promise<void> {
    const closed = close(this.#tls);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(socket: TLSSocket): void {
    const info = connectionInfo('https', socket);
    const metered = new MeteredSocket(socket, { info, onBytes: this.#options.onBytes ?? (() => undefined) });
    metered.on('error', () => undefined);
    const cancel = this.#options.clock.after(connectionMs, () => metered.destroy());
    this.#sockets.add(metered);
    metered.on('close', () => {
      cancel();
      this.#sockets.delete(metered);
    });
    this.#http.emit('connection', metered);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const socket = request.socket as unknown as MeteredSocket;
    const address = socket.info.remote;
    const send = (status: number, body: object): void => {
      const text = JSON.stringify(body);
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        connection: 'close',
      });
      response.end(text);
    };
    try {
      if (request.url !== enrolmentPath)
        return send(404, { error: { code: 'usage', message: 'Nothing is here.' } });
      if (request.method !== 'POST') return send(405, { error: { code: 'usage', message: 'POST only.' } });
      if (this.#mustWait(address)) {
        return send(429, { error: { code: 'net/rejected', message: 'Too many attempts; wait a minute.' } });
      }
      const { device, secret, csr } = parse(await body(request));
      const certificate = await this.#options.devices.enrol({ device, secret, csr });
      this.#options.log.info({ device, remote: address }, 'device enrolled');
      send(200, { certificate, releaseKey: this.#options.fleet.releasePublicKey } satisfies EnrolmentAnswer);
    } catch (thrown) {
      const error = toSkeinError(thrown);
      if (response.destroyed) return;
      this.#refuse(thrown, address);
      const internal = !error.code.startsWith('identity/') && !error.code.startsWith('wire/');
      // What went wrong inside is for the log alone.
      const message = internal ? 'The coordinator could not answer.' : error.message;
      send(internal ? 500 : 403, { error: { code: internal ? 'internal' : error.code, message } });
    }
  }

  #refuse(error: unknown, remote: string): void {
    this.#options.refusals.refuse(error, { listener: 'https', remote });
    if (remote !== '' && this.#refused.size < maxAddresses)
      this.#refused.set(remote, (this.#refused.get(remote) ?? 0) + 1);
  }

  #mustWait(address: string): boolean {
    const minute = Math.floor(this.#options.clock.now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#refused.clear();
    }
    return (this.#refused.get(address) ?? 0) >= maxRefusedPerMinute;
  }
}

async function body(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > maxEnrolmentBytes)
      throw new SkeinError('wire/oversized', `More than ${maxEnrolmentBytes} bytes.`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

function parse(bytes: Uint8Array): { device: string; secret: string; csr: string } {
  try {
    const result = enrolmentRequestSchema.safeParse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
    );
    if (result.success) return result.data;
  } catch {
    // Said below.
  }
  throw new SkeinError('wire/malformed', 'The request is not one for enrolment.');
}
