// The device's line to the coordinator: always being up or coming up, with its own backoff, outbox and windows.

import { fromHex } from '../../core/bytes.js';
import { type Clock, sleep } from '../../core/clock.js';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import { TypedEmitter } from '../../core/events.js';
import type { Random } from '../../core/random.js';
import type { Database } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';
import type { KindMessages, Presence } from '../../proto/messages.js';
import { Cleared, type EgressGate, type MessageContext } from '../egress/gate.js';
import type { Purpose, UpKind } from '../egress/policy.js';
import type { Identity } from '../identity/identityFolder.js';
import { type Backoff, backoffMs, defaultBackoff } from './backoff.js';
import { Downloads } from './downloads.js';
import { type AnyIncoming, type Incoming, readIncoming } from './incoming.js';
import { type Delivered, Outbox, type PendingUpdate } from './outbox.js';
import { openSession, type Session } from './session.js';

export interface LinkOptions {
  readonly identity: Identity;
  readonly database: Database;
  readonly gate: EgressGate;
  /** What the device says about itself; asked at every connect and announcement. */
  readonly presence: () => Omit<Presence, 'epoch' | 'online' | 'bytesLeftToday'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Chunks under way at once, in each direction. Default 16. */
  readonly chunkWindow?: number;
  readonly keepaliveMs?: number;
  readonly backoff?: Backoff;
  /** Asked or offered again after this long without an answer. Default 30 s. */
  readonly retryMs?: number;
}

export type LinkEvents = {
  connected: { epoch: number };
  disconnected: { reason: SkeinError };
  assignment: Incoming<'assignment'>;
  release: Incoming<'release'>;
  closed: Incoming<'closed'>;
  delivered: Delivered;
  /** The coordinator sent something that was not acceptable. */
  refused: { code: string };
};

export class Link {
  readonly events = new TypedEmitter<LinkEvents>();
  readonly #options: LinkOptions;
  readonly #outbox: Outbox;
  readonly #downloads: Downloads;
  readonly #stop = new AbortController();
  #session: Session | undefined;
  #lastEnd: SkeinError | undefined;
  #epoch = 0;
  #running: Promise<void> | undefined;
  /** Incoming messages are dealt with one after the other. */
  #incoming: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#options = options;
    const { database, clock, log, chunkWindow: window = 16, retryMs = 30_000 } = options;
    this.#outbox = new Outbox({
      database,
      clock,
      log,
      window,
      retryMs,
      send: (kind, context, message) => this.send(kind, context, message, 'update'),
      onDelivered: delivered => this.events.emit('delivered', delivered),
    });
    this.#downloads = new Downloads({
      database,
      clock,
      window,
      retryMs,
      ask: want => this.send('want', { task: '', round: 0 }, want, 'release'),
      isConnected: () => this.connected,
    });
  }

  /** Returns at once; connects, and again after every loss, until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Says goodbye where there is somebody to say it to. */
  async stop(): Promise<void> {
    if (this.#session !== undefined) {
      await this.#sayPresence(false).catch(() => undefined);
      await this.#session?.end(false);
    }
    this.#stop.abort(new SkeinError('cancelled', 'The link was stopped.'));
    await this.#running;
    await this.#incoming;
  }

  get connected(): boolean {
    return this.#session !== undefined;
  }

  /** Why there is no session, or why the last one ended. */
  get lastEnd(): SkeinError | undefined {
    return this.#lastEnd;
  }

  /**
   * The only way out of the device: takes what the gate cleared, once. Throws `egress/refused` for anything else and
   * `net/unreachable` while there is no session: nothing is queued here.
   */
  async publish(cleared: Cleared): Promise<void> {
    const packet = Cleared.take(cleared);
    if (this.#session === undefined) throw notConnected();
    await this.#session.publish(packet);
  }

  /** Clears and publishes. Throws what the gate throws, and `net/unreachable`. */
  async send<K extends UpKind>(
    kind: K,
    context: MessageContext,
    message: KindMessages[K],
    purpose: Purpose,
  ): Promise<void> {
    if (this.#session === undefined) throw notConnected();
    const { task, round } = context;
    await this.publish(await this.#options.gate.clear(kind, { task, round }, message, purpose));
  }

  /** Says again what the device is: after a release or its budget changed. */
  announce(): Promise<void> {
    return this.#sayPresence(true);
  }

  /** Puts an update into the outbox, on disk when it resolves with its name (SHA-256, hex); from there it goes by itself. */
  sendUpdate(context: MessageContext, bytes: Uint8Array): Promise<string> {
    return this.#outbox.add(context, bytes);
  }

  pendingUpdates(): Promise<PendingUpdate[]> {
    return this.#outbox.pending();
  }

  discardUpdate(hash: string): Promise<void> {
    return this.#outbox.discard(fromHex(hash));
  }

  /** See `Downloads.fetch`. One fetch of a blob at a time. */
  fetchBlob(sha256: string, size: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#downloads.fetch(sha256, size, AbortSignal.any([signal, this.#stop.signal]));
  }

  async #run(): Promise<void> {
    const { clock, random, log, backoff = defaultBackoff } = this.#options;
    const { signal } = this.#stop;
    let attempt = 0;
    while (!signal.aborted) {
      const began = clock.now();
      const reason = await this.#once().catch(toSkeinError);
      if (signal.aborted) return;
      this.#lastEnd = reason;
      const what = { code: reason.code, reason: reason.message };
      if (reason.code === 'identity/revoked') {
        attempt = 0;
        const waitMs = backoffMs({ minMs: backoff.revokedMs, maxMs: backoff.revokedMs }, 0, random);
        log.error({ ...what, waitMs }, 'this device was revoked; it answers on, but learns with nobody');
        await sleep(clock, waitMs, signal).catch(() => undefined);
        continue;
      }
      // A session that was cut right away (a kick, a revocation) is no reason to hurry.
      attempt = clock.now() - began >= backoff.stableMs ? 0 : attempt + 1;
      const waitMs = backoffMs(backoff, Math.max(0, attempt - 1), random);
      log.info({ ...what, waitMs }, 'not connected');
      await sleep(clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** One session from its beginning to its end, with the reason why it ended. */
  async #once(): Promise<SkeinError> {
    const { identity, gate, clock, log, keepaliveMs = 30_000 } = this.#options;
    this.#epoch = await gate.newEpoch();
    const will = Cleared.take(
      await gate.clear('presence', { task: '', round: 0 }, await this.#presence(false), 'presence'),
    );
    const session = await openSession({
      identity,
      will,
      keepaliveMs,
      clock,
      onMessage: (topic, bytes) => this.#receive(topic, bytes),
      signal: this.#stop.signal,
    });
    this.#session = session;
    try {
      await this.#sayPresence(true);
      log.info(
        { coordinator: `${identity.mqtt.host}:${identity.mqtt.port}`, epoch: this.#epoch },
        'connected',
      );
      this.events.emit('connected', { epoch: this.#epoch });
      this.#downloads.connectionChanged();
      await this.#outbox.connected();
      return await session.ended;
    } finally {
      this.#session = undefined;
      await session.end(true);
      this.#outbox.disconnected();
      this.#downloads.connectionChanged();
      this.events.emit('disconnected', { reason: await session.ended });
    }
  }

  async #presence(online: boolean): Promise<Presence> {
    const bytesLeftToday = await this.#options.gate.bytesLeftToday();
    return { ...this.#options.presence(), bytesLeftToday, epoch: this.#epoch, online };
  }

  async #sayPresence(online: boolean): Promise<void> {
    await this.send('presence', { task: '', round: 0 }, await this.#presence(online), 'presence');
  }

  #receive(topic: string, bytes: Uint8Array): void {
    this.#incoming = this.#incoming.then(async () => {
      try {
        const { fleet, device } = this.#options.identity;
        await this.#dispatch(readIncoming(fleet, device, topic, bytes));
      } catch (error) {
        const { code, message } = toSkeinError(error);
        this.#options.log.warn({ code, topic: topic.slice(0, 256), reason: message }, 'refused');
        this.events.emit('refused', { code });
      }
    });
  }

  async #dispatch(incoming: AnyIncoming): Promise<void> {
    switch (incoming.kind) {
      case 'assignment':
        return this.events.emit('assignment', incoming);
      case 'release':
        return this.events.emit('release', incoming);
      case 'closed':
        return this.events.emit('closed', incoming);
      case 'want':
        return this.#outbox.wanted(incoming.message);
      case 'chunk':
        return this.#downloads.received(incoming.message);
      case 'ack':
        if (incoming.message.kind === 'update') return this.#outbox.acknowledged(incoming.message);
        if (!incoming.message.accepted) this.#downloads.refused(incoming.message);
        return;
      default:
        throw new SkeinError('wire/kind', `Nothing is done with ${incoming.kind}.`);
    }
  }
}

const notConnected = (): SkeinError => new SkeinError('net/unreachable', 'The coordinator is not connected.');
