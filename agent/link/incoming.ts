// What the coordinator says, checked: the topic is this device's or the fleet's, and the envelope agrees with it.

import { SkeinError } from '../../core/errors.js';
import { decodeMessage, openEnvelope } from '../../proto/codec.js';
import type { KindMessages } from '../../proto/messages.js';
import { type Kind, kinds, parseTopic } from '../../proto/topics.js';

export interface Incoming<K extends Kind> {
  readonly kind: K;
  readonly task: string;
  readonly round: number;
  readonly message: KindMessages[K];
}

/** One case for each kind, so that `kind` tells the message. */
export type AnyIncoming = { [K in Kind]: Incoming<K> }[Kind];

/** Throws `wire/topic`, `wire/foreign`, and what `openEnvelope` and `decodeMessage` throw. */
export function readIncoming(fleet: string, device: string, topic: string, bytes: Uint8Array): AnyIncoming {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.direction === 'up' || parsed.fleet !== fleet) {
    throw new SkeinError('wire/topic', 'That is no topic for a device.');
  }
  const { kind } = parsed;
  const envelope = openEnvelope(bytes, kinds[kind].maxBytes);
  const addressee = parsed.direction === 'all' ? '' : device;
  if (
    (parsed.device ?? '') !== addressee ||
    envelope.device !== addressee ||
    envelope.fleet !== fleet ||
    envelope.kind !== kind
  ) {
    throw new SkeinError('wire/foreign', 'Topic and envelope do not agree.', {
      data: { kind: envelope.kind },
    });
  }
  const { task, round } = envelope;
  return { kind, task, round, message: decodeMessage(kind, envelope.payload) } as AnyIncoming;
}
