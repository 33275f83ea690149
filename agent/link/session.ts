// One MQTT session over mutual TLS, from connect to its end. It is never resumed: what matters stands in the outbox.

import mqtt from 'mqtt';
import type { Clock } from '../../core/clock.js';
import { type ErrorCode, SkeinError, toSkeinError } from '../../core/errors.js';
import { deviceFilters } from '../../proto/topics.js';
import type { Identity } from '../identity/identityFolder.js';

export interface SessionOptions {
  readonly identity: Identity;
  /** Cleared by the gate, like everything that leaves. */
  readonly will: { readonly topic: string; readonly qos: 0 | 1; readonly bytes: Uint8Array };
  readonly keepaliveMs: number;
  readonly clock: Clock;
  readonly onMessage: (topic: string, bytes: Uint8Array) => void;
  readonly signal: AbortSignal;
}

export interface Session {
  /** Resolves when it is written (QoS 0) or the broker has it (QoS 1). Throws `net/unreachable` where the session ends before. */
  publish(packet: { topic: string; qos: 0 | 1; bytes: Uint8Array }): Promise<void>;
  /** Resolves with the reason when the session is over. Never rejects. */
  readonly ended: Promise<SkeinError>;
  /** Says goodbye (no will is sent) or, with `force`, drops the connection. */
  end(force: boolean): Promise<void>;
}

const connectMs = 20_000;

/**
 * Connected and subscribed. Throws `net/*`, `identity/fingerprint` (a server of another fleet), and where it was turned away
 * `identity/revoked`, `identity/missing` (the coordinator does not know the certificate) or `net/rejected`.
 */
export function openSession({
  identity,
  will,
  keepaliveMs,
  clock,
  onMessage,
  signal,
}: SessionOptions): Promise<Session> {
  signal.throwIfAborted();
  const { host, port } = identity.mqtt;
  const client = mqtt.connect({
    protocol: 'mqtts',
    host,
    port,
    ca: identity.ca,
    cert: identity.certificate,
    key: identity.key,
    rejectUnauthorized: true,
    clientId: identity.device,
    protocolVersion: 4,
    clean: true,
    // Reconnecting, queueing and subscribing again are ours: mqtt.js does them without jitter and forgets.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    connectTimeout: connectMs,
    keepalive: Math.ceil(keepaliveMs / 1000),
    will: { topic: will.topic, payload: Buffer.from(will.bytes), qos: will.qos, retain: false },
  });

  let over: SkeinError | undefined;
  let finish: (reason: SkeinError) => void = () => undefined;
  const ended = new Promise<SkeinError>(resolve => {
    finish = reason => {
      if (over !== undefined) return;
      over = reason;
      cancelWatchdog();
      signal.removeEventListener('abort', abort);
      resolve(reason);
      client.end(true);
    };
  });
  const abort = (): void => finish(toSkeinError(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  client.on('error', error => finish(connectionError(error, host, port)));
  client.on('close', () =>
    finish(new SkeinError('net/unreachable', `The connection to ${host}:${port} ended.`)),
  );
  client.on('message', (topic, payload) => onMessage(topic, new Uint8Array(payload)));

  // The network may be gone without a word, and the machine may have slept: silence ends a session.
  let heardMs = clock.now();
  client.on('packetreceive', () => {
    heardMs = clock.now();
  });
  let cancelWatchdog = (): void => undefined;
  const watch = (): void => {
    if (clock.now() - heardMs > 2.5 * keepaliveMs)
      finish(new SkeinError('net/timeout', `Nothing was heard from ${host}:${port}.`));
    else cancelWatchdog = clock.after(keepaliveMs, watch);
  };

  const orEnd = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([work, ended.then(reason => Promise.reject<T>(unreachable(reason)))]);
  const session: Session = {
    ended,
    publish({ topic, qos, bytes }) {
      if (over !== undefined) return Promise.reject(unreachable(over));
      const sent = new Promise<void>((resolve, reject) => {
        const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        client.publish(topic, payload, { qos, retain: false }, error => {
          if (error == null) resolve();
          else reject(new SkeinError('net/unreachable', 'The message could not be sent.', { cause: error }));
        });
      });
      return orEnd(sent);
    },
    async end(force) {
      if (over === undefined && !force)
        await new Promise<void>(resolve => client.end(false, {}, () => resolve()));
      finish(new SkeinError('cancelled', 'The session was ended here.'));
    },
  };

  const opened = new Promise<Session>((resolve, reject) => {
    client.once('connect', () => {
      watch();
      const subscriptions = Object.fromEntries(
        deviceFilters(identity.fleet, identity.device).map(filter => [filter, { qos: 1 as const }]),
      );
      client.subscribe(subscriptions, (error, granted) => {
        const refused = granted?.some(({ qos }) => qos === 128) === true;
        if (error == null && !refused) return resolve(session);
        const why = new SkeinError(
          'net/rejected',
          'The coordinator refused the subscription.',
          error == null ? {} : { cause: error },
        );
        finish(why);
        reject(why);
      });
    });
  });
  return Promise.race([opened, ended.then(reason => Promise.reject<Session>(reason))]);
}

const unreachable = (reason: SkeinError): SkeinError =>
  new SkeinError('net/unreachable', 'The coordinator is not connected.', { cause: reason });

/** What the coordinator means by CONNACK's return codes. It has proved who it is before it says so. */
const turnedAway: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  4: ['identity/missing', "The coordinator does not know this device's certificate."],
  5: ['identity/revoked', 'The operator has revoked this device: the fleet has no place for it any more.'],
};

function connectionError(error: Error & { code?: string | number }, host: string, port: number): SkeinError {
  const options = { data: { host, port }, cause: error };
  if (typeof error.code === 'number') {
    const [known, message] = turnedAway[error.code] ?? [
      'net/rejected',
      `The coordinator turned this device away (${error.message}).`,
    ];
    return new SkeinError(known, message, options);
  }
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED')
    return new SkeinError('net/refused', `Nobody listens at ${host}:${port}.`, options);
  if (/CERT|SIGNATURE|ISSUER|CHAIN|VERIFY/.test(code)) {
    return new SkeinError(
      'identity/fingerprint',
      `${host}:${port} could not prove that it is the coordinator (${code}).`,
      options,
    );
  }
  return new SkeinError(
    'net/unreachable',
    `The connection to ${host}:${port} failed (${code || error.message}).`,
    options,
  );
}
