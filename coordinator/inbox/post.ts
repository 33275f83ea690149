// What the coordinator sends: sealed envelopes to one device or to all that are connected. Nothing is kept for the others.

import type { Clock } from '../../core/clock.js';
import { encodeMessage, seal } from '../../proto/codec.js';
import type { KindMessages } from '../../proto/messages.js';
import { allTopic, downTopic, type Kind, kinds } from '../../proto/topics.js';
import type { Broker } from '../broker/broker.js';

export interface MessageContext {
  readonly task: string;
  readonly round: number;
}

export interface PostOptions {
  readonly fleet: string;
  readonly broker: Broker;
  readonly clock: Clock;
}

export class Post {
  readonly #options: PostOptions;
  #sequence: number;

  constructor(options: PostOptions) {
    this.#options = options;
    this.#sequence = options.clock.now() * 1000;
  }

  /** Resolves when it is written, or at once where the device is not connected. */
  async send<K extends Kind>(
    device: string,
    kind: K,
    context: MessageContext,
    message: KindMessages[K],
  ): Promise<void> {
    const { fleet, broker } = this.#options;
    if (!broker.isConnected(device)) return;
    await broker.publish(
      downTopic(fleet, device, kind),
      this.#seal(device, kind, context, message),
      kinds[kind].qos,
    );
  }

  async broadcast<K extends Kind>(kind: K, context: MessageContext, message: KindMessages[K]): Promise<void> {
    const { fleet, broker } = this.#options;
    await broker.publish(allTopic(fleet, kind), this.#seal('', kind, context, message), kinds[kind].qos);
  }

  isConnected(device: string): boolean {
    return this.#options.broker.isConnected(device);
  }

  #seal<K extends Kind>(
    device: string,
    kind: K,
    { task, round }: MessageContext,
    message: KindMessages[K],
  ): Uint8Array {
    this.#sequence += 1;
    const head = { fleet: this.#options.fleet, device, task, round, kind, sequence: this.#sequence };
    return seal(head, encodeMessage(kind, message));
  }
}
