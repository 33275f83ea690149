// What devices say, verified and handed to the one handler of its kind; messages of one device one after the other.

import type { Clock } from '../../core/clock.js';
import { SkeinError } from '../../core/errors.js';
import type { Database } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';
import type { Kind } from '../../proto/topics.js';
import type { Broker, Delivery } from '../broker/broker.js';
import type { Counters } from '../broker/counters.js';
import type { Refusals } from '../broker/refusals.js';
import type { Blobs } from './blobs.js';
import { Downloads } from './downloads.js';
import { chunkHandler } from './handlers/chunk.js';
import { offerHandler } from './handlers/offer.js';
import { wantHandler } from './handlers/want.js';
import type { Post } from './post.js';
import { ReplayGuard } from './replayGuard.js';
import { defaultUploadLimits, type UpdateConsumer, type UploadLimits, Uploads } from './uploads.js';
import { type Verified, verify } from './verified.js';

export interface InboxOptions {
  readonly fleet: string;
  readonly database: Database;
  readonly broker: Broker;
  readonly post: Post;
  /** What devices may fetch. */
  readonly files: Blobs;
  readonly counters: Counters;
  readonly refusals: Refusals;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<UploadLimits>;
}

/** Kinds that come up from devices. */
export type UpKind = 'presence' | 'reply' | 'progress' | 'offer' | 'chunk' | 'want';

/** Throws a SkeinError to refuse: it is counted and logged by its code. */
export type Handler<K extends Kind> = (message: Verified<K>) => Promise<void>;

export class Inbox {
  readonly #options: InboxOptions;
  readonly #handlers = new Map<Kind, Handler<Kind>>();
  readonly #uploads: Uploads;
  readonly #replays: ReplayGuard;
  /** The last message of each device that has one under way. */
  readonly #queues = new Map<string, Promise<void>>();
  #offDisconnected: (() => void) | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
    const { database, post, refusals, clock, files } = options;
    this.#replays = new ReplayGuard(options.counters);
    this.#uploads = new Uploads({
      database,
      post,
      clock,
      limits: { ...defaultUploadLimits, ...options.limits },
    });
    this.handle('offer', offerHandler(this.#uploads));
    this.handle('chunk', chunkHandler(this.#uploads));
    this.handle('want', wantHandler(new Downloads({ files, post, refusals })));
  }

  /** One handler a kind. Exact duplicates come again, so it counts by content. */
  handle<K extends UpKind>(kind: K, handler: Handler<K>): void {
    if (this.#handlers.has(kind)) throw new SkeinError('internal', `${kind} has a handler already.`);
    this.#handlers.set(kind, handler as unknown as Handler<Kind>);
  }

  onUpdate(consumer: UpdateConsumer): void {
    this.#uploads.onUpdate(consumer);
  }

  /** After all handlers are there. */
  async start(): Promise<void> {
    const { broker } = this.#options;
    await this.#uploads.sweep();
    broker.onDelivery(delivery => this.receive(delivery));
    this.#offDisconnected = broker.events.on('disconnected', device => {
      if (!broker.isConnected(device)) this.#replays.forget(device);
    });
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#offDisconnected?.();
    await Promise.all(this.#queues.values());
  }

  /** Resolves when the message is dealt with or refused; never rejects. */
  receive(delivery: Delivery): Promise<void> {
    const { device } = delivery;
    const done = (this.#queues.get(device) ?? Promise.resolve()).then(() => this.#process(delivery));
    this.#queues.set(device, done);
    return done.finally(() => {
      if (this.#queues.get(device) === done) this.#queues.delete(device);
    });
  }

  async #process(delivery: Delivery): Promise<void> {
    const { fleet, clock, refusals, log } = this.#options;
    try {
      const context = { fleet, replays: this.#replays, nowMs: clock.now() };
      const { message, freshness } = verify(delivery, context);
      if (freshness === 'late') {
        log.debug({ device: message.device, kind: message.kind }, 'overtaken');
        return;
      }
      const handler = this.#handlers.get(message.kind);
      if (handler === undefined) throw new SkeinError('wire/kind', `Nothing is done with ${message.kind}.`);
      await handler(message);
    } catch (error) {
      refusals.refuse(error, { device: delivery.device, topic: delivery.topic.slice(0, 256) });
    }
  }
}
