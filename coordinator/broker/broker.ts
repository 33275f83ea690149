// The embedded broker: aedes behind mutual TLS, a guard on every socket, and topic rules by certificate.

import { constants } from 'node:crypto';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { createServer } from 'node:tls';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import { TypedEmitter } from '../../core/events.js';
import type { Log } from '../../platform/log.js';
import type { Devices } from '../identity/devices.js';
import type { FleetIdentity } from '../identity/fleetFolder.js';
import { checkPublication, checkSubscription } from './access.js';
import type { Counters } from './counters.js';
import { close, listen } from './listen.js';
import { connectionInfo, MeteredSocket, type Tap } from './meteredSocket.js';
import { packetGuard } from './packetGuard.js';
import type { Refusals } from './refusals.js';

export interface BrokerOptions {
  readonly fleet: FleetIdentity;
  readonly devices: Devices;
  readonly counters: Counters;
  readonly refusals: Refusals;
  readonly log: Log;
  readonly onBytes?: Tap;
}

/** What a device published, before anybody looked inside. `device` is the name in its certificate. */
export interface Delivery {
  readonly device: string;
  readonly topic: string;
  readonly bytes: Uint8Array;
}

const connectMs = 15_000;
const maxConnections = 10_000;
/** Sockets of one device: the live one, and those that a flaky link left half open. */
const maxSocketsPerDevice = 4;
/** CONNACK's return codes (MQTT 3.1.1, 3.2.2.3). Not authorized means revoked and nothing else: the device slows down. */
const returnCodes: Readonly<Record<string, number>> = {
  'identity/revoked': 5,
  'identity/missing': 4,
  'wire/foreign': 2,
};
const serverUnavailable = 3;

export class Broker {
  readonly events = new TypedEmitter<{ connected: string; disconnected: string }>();
  readonly #options: BrokerOptions;
  readonly #aedes: Aedes;
  readonly #server: TlsServer;
  readonly #sockets = new Map<string, Set<MeteredSocket>>();
  /** Errors that were counted where they arose, and come back as the error of their connection. */
  readonly #counted = new WeakSet<Error>();
  #receive: ((delivery: Delivery) => Promise<void>) | undefined;
  #offRevoked: (() => void) | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { fleet } = options;
    this.#aedes = new Aedes({
      connectTimeout: connectMs,
      maxClientsIdLength: 128,
      maxTopicLevels: 8,
      drainTimeout: 30_000,
      preConnect: (client, packet, done) => {
        const error = this.#checked(client, () => {
          const { clean, will } = packet;
          if (clean !== true) throw new SkeinError('wire/malformed', 'Sessions are clean.');
          if (will === undefined) return;
          const publication = {
            topic: will.topic,
            size: will.payload.length,
            qos: will.qos ?? 0,
            retain: will.retain === true,
          };
          checkPublication(fleet.fleet, deviceOf(client), publication);
        });
        done(error, error === null);
      },
      authenticate: (client, _user, _password, done) => void this.#authenticate(client, done),
      authorizePublish: (client, packet, done) => {
        // Without a client it is our own: what goes down, and what the broker tells itself.
        if (client === null) return done(null);
        const { topic, payload, qos, retain } = packet;
        done(
          this.#checked(client, () =>
            checkPublication(fleet.fleet, deviceOf(client), { topic, size: payload.length, qos, retain }),
          ),
        );
      },
      authorizeSubscribe: (client, subscription, done) => {
        const error = this.#checked(client, () =>
          checkSubscription(fleet.fleet, deviceOf(client), subscription.topic),
        );
        done(null, error === null ? { ...subscription, qos: subscription.qos === 0 ? 0 : 1 } : null);
      },
      published: (packet, client, done) => {
        if (client === null || client === undefined || this.#receive === undefined) return done();
        const bytes = new Uint8Array(Buffer.from(packet.payload));
        this.#receive({ device: deviceOf(client), topic: packet.topic, bytes }).then(
          () => done(),
          () => done(),
        );
      },
    });
    this.#aedes.on('clientReady', client => this.events.emit('connected', deviceOf(client)));
    this.#aedes.on('clientDisconnect', client => this.events.emit('disconnected', deviceOf(client)));
    for (const event of ['clientError', 'connectionError'] as const) {
      this.#aedes.on(event, (client, error) => this.#connectionFailed(client, error));
    }
    this.#server = createServer({
      cert: fleet.serverCertificate,
      key: fleet.serverKey,
      ca: fleet.caCertificate,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
      // A resumed session would not show its certificate again.
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on('tlsClientError', (error, socket) => this.#handshakeFailed(error, socket));
    this.#server.on('secureConnection', socket => this.#accept(socket));
  }

  /** Who gets what devices publish. It is awaited before more of the same device is read. */
  onDelivery(receive: (delivery: Delivery) => Promise<void>): void {
    this.#receive = receive;
  }

  /** Resolves with the port. Throws `net/port-busy`, `io/denied`. */
  async start(address: { host: string; port: number }): Promise<number> {
    await this.#aedes.listen();
    // On disk already: a device that is revoked while it connects is cut all the same.
    this.#offRevoked = this.#options.devices.events.on('revoked', device => this.disconnect(device));
    return listen(this.#server, address);
  }

  async stop(): Promise<void> {
    this.#offRevoked?.();
    const closed = close(this.#server);
    await new Promise<void>(resolve => this.#aedes.close(() => resolve()));
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.destroy();
    await closed;
  }

  isConnected(device: string): boolean {
    return this.#client(device)?.connected === true;
  }

  connected(): string[] {
    return [...this.#sockets.keys()].filter(device => this.isConnected(device)).sort();
  }

  /** Cuts whatever the device has open. */
  disconnect(device: string): void {
    for (const socket of this.#sockets.get(device) ?? []) socket.destroy();
  }

  /** Resolves when it is written to those connected; who is not connected does not get it. */
  publish(topic: string, bytes: Uint8Array, qos: 0 | 1): Promise<void> {
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const packet: PublishPacket = { cmd: 'publish', topic, payload, qos, retain: false, dup: false };
    return new Promise((resolve, reject) => {
      this.#aedes.publish(packet, error => (error == null ? resolve() : reject(toSkeinError(error))));
    });
  }

  #client(device: string): Client | undefined {
    return (this.#aedes as unknown as { clients: Record<string, Client> }).clients[device];
  }

  #accept(socket: TLSSocket): void {
    const { counters, onBytes } = this.#options;
    const certificate = socket.getPeerX509Certificate();
    const device = certificate?.subject
      .split('\n')
      .find(line => line.startsWith('CN='))
      ?.slice(3);
    const info = connectionInfo('mqtt', socket, device);
    if (certificate === undefined || device === undefined) {
      this.#options.refusals.refuse(
        new SkeinError('identity/missing', 'There is no name in the certificate.'),
        { ...info },
      );
      socket.destroy();
      return;
    }
    const metered = new MeteredSocket(socket, {
      info,
      serial: certificate.serialNumber,
      guard: packetGuard(),
      onBytes: (direction, bytes) => {
        counters.add(direction, device, bytes.length);
        onBytes?.(direction, bytes, info);
      },
    });
    const sockets = this.#sockets.get(device) ?? new Set();
    this.#sockets.set(device, sockets.add(metered));
    for (const oldest of sockets) {
      if (sockets.size <= maxSocketsPerDevice) break;
      sockets.delete(oldest);
      oldest.destroy();
    }
    metered.on('close', () => {
      sockets.delete(metered);
      if (sockets.size === 0 && this.#sockets.get(device) === sockets) this.#sockets.delete(device);
    });
    this.#aedes.handle(metered);
  }

  async #authenticate(
    client: Client,
    done: (error: AuthenticateError | null, success: boolean) => void,
  ): Promise<void> {
    const socket = socketOf(client);
    try {
      if (client.id !== deviceOf(client)) {
        throw new SkeinError('wire/foreign', 'The client id is not the name in the certificate.', {
          data: { client: client.id.slice(0, 128) },
        });
      }
      await this.#options.devices.authorise(client.id, socket.serial);
      done(null, true);
    } catch (thrown) {
      const error = this.#count(thrown, client);
      const returnCode = returnCodes[error.code] ?? serverUnavailable;
      done(Object.assign(error, { returnCode }) as unknown as AuthenticateError, false);
    }
  }

  #checked(client: Client, check: () => void): SkeinError | null {
    try {
      check();
      return null;
    } catch (thrown) {
      return this.#count(thrown, client);
    }
  }

  #count(thrown: unknown, client: Client): SkeinError {
    const { info } = socketOf(client);
    this.#options.refusals.refuse(thrown, {
      listener: info.listener,
      device: info.device,
      remote: info.remote,
    });
    const error = toSkeinError(thrown);
    this.#counted.add(error);
    return error;
  }

  #connectionFailed(client: Client, error: Error & { code?: string }): void {
    if (this.#counted.has(error)) return;
    const { device, remote } = socketOf(client).info;
    const lost = error.code?.startsWith('E') === true && !(error instanceof SkeinError);
    if (
      lost ||
      /timeout|did not arrive in time|connection closed|connection is closed/i.test(error.message)
    ) {
      this.#options.log.debug({ device, remote, reason: error.message }, 'connection lost');
      return;
    }
    // What is neither ours nor the network's is the parser's.
    const refusal =
      error instanceof SkeinError ? error : new SkeinError('wire/malformed', error.message, { cause: error });
    this.#options.refusals.refuse(refusal, { listener: 'mqtt', device, remote });
  }

  #handshakeFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const remote = socket.remoteAddress ?? '';
    // Node says so only by resetting: what the check found stands on the socket.
    const unverified = (socket.authorizationError as Error | string | null | undefined) ?? undefined;
    socket.destroy();
    if (error.code === 'ECONNRESET' && unverified === undefined) return;
    const refusal =
      unverified !== undefined
        ? new SkeinError('identity/invalid', `The certificate is not of this fleet (${String(unverified)}).`)
        : error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'
          ? new SkeinError('identity/missing', 'The client showed no certificate.')
          : new SkeinError('wire/malformed', `This is not TLS as agreed (${error.code ?? error.message}).`);
    this.#options.refusals.refuse(refusal, { listener: 'mqtt', remote });
  }
}

const socketOf = (client: Client): MeteredSocket => client.conn as MeteredSocket;
const deviceOf = (client: Client): string => socketOf(client).info.device as string;
