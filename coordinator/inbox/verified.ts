// The one door in: only this file makes Verified values, and the coordinator acts on nothing else.

import { equalBytes, sha256, sha256Hex } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { BlobRow } from '../../platform/blobStore.js';
import { decodeMessage, decodeUpdate, openEnvelope } from '../../proto/codec.js';
import type { KindMessages, Presence, Update } from '../../proto/messages.js';
import { type Kind, kinds, parseTopic } from '../../proto/topics.js';
import type { Delivery } from '../broker/broker.js';
import type { Freshness, ReplayGuard } from './replayGuard.js';

const intake = Symbol('intake');

interface Fields<K extends Kind> {
  readonly device: string;
  readonly kind: K;
  readonly task: string;
  readonly round: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly message: KindMessages[K];
  readonly receivedMs: number;
}

/** A message whose certificate, topic and envelope agree, and which is within size, schema and time. */
export class Verified<K extends Kind> implements Fields<K> {
  readonly #intake: symbol;
  readonly device: string;
  readonly kind: K;
  readonly task: string;
  readonly round: number;
  /** Rises with everything that the device sends, over sessions and restarts. */
  readonly sequence: number;
  /** SHA-256 of the payload as sent. */
  readonly hash: Uint8Array;
  readonly message: KindMessages[K];
  readonly receivedMs: number;

  constructor(key: symbol, fields: Fields<K>) {
    if (key !== intake) throw new SkeinError('internal', 'Only the intake verifies.');
    this.#intake = key;
    this.device = fields.device;
    this.kind = fields.kind;
    this.task = fields.task;
    this.round = fields.round;
    this.sequence = fields.sequence;
    this.hash = fields.hash;
    this.message = fields.message;
    this.receivedMs = fields.receivedMs;
  }

  static is(value: unknown): value is Verified<Kind> {
    return typeof value === 'object' && value !== null && #intake in value && value.#intake === intake;
  }
}

/** A device's update, whole: its bytes are what its name says, and its tensors are what the contract allows. */
export class VerifiedUpdate {
  readonly #intake: symbol;
  readonly device: string;
  readonly task: string;
  readonly round: number;
  /** SHA-256 of `bytes`: the update's name. */
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly update: Update;

  constructor(key: symbol, device: string, { task, round, hash }: BlobRow, bytes: Uint8Array) {
    if (key !== intake) throw new SkeinError('internal', 'Only the intake verifies.');
    this.#intake = key;
    this.device = device;
    this.task = task;
    this.round = round;
    this.hash = hash;
    this.bytes = bytes;
    this.update = decodeUpdate(bytes);
  }

  static is(value: unknown): value is VerifiedUpdate {
    return typeof value === 'object' && value !== null && #intake in value && value.#intake === intake;
  }
}

/** For those who act on what came in: throws where somebody made it up. */
export function requireVerified(value: Verified<Kind> | VerifiedUpdate): void {
  if (!Verified.is(value) && !VerifiedUpdate.is(value))
    throw new SkeinError('internal', 'The value is not verified.');
}

export interface IntakeContext {
  readonly fleet: string;
  readonly replays: ReplayGuard;
  readonly nowMs: number;
}

/** Throws `wire/topic`, `wire/foreign`, `wire/replay` and what `openEnvelope` and `decodeMessage` throw. */
export function verify(
  { device, topic, bytes }: Delivery,
  { fleet, replays, nowMs }: IntakeContext,
): { readonly message: Verified<Kind>; readonly freshness: Freshness } {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.direction !== 'up')
    throw new SkeinError('wire/topic', 'That is no topic of a device.');
  const { kind } = parsed;
  const envelope = openEnvelope(bytes, kinds[kind].maxBytes);
  const names = [parsed.device, envelope.device].every(name => name === device);
  if (!names || parsed.fleet !== fleet || envelope.fleet !== fleet || envelope.kind !== kind) {
    throw new SkeinError('wire/foreign', 'Certificate, topic and envelope do not agree.', {
      data: { device, claimed: envelope.device, kind: envelope.kind },
    });
  }
  const message = decodeMessage(kind, envelope.payload);
  const freshness =
    kind === 'presence'
      ? replays.presence(device, message as Presence, envelope.sequence)
      : replays.sequence(device, envelope.sequence, sha256Hex(bytes));
  const { task, round, sequence, hash } = envelope;
  return {
    message: new Verified(intake, {
      device,
      kind,
      task,
      round,
      sequence,
      hash,
      message,
      receivedMs: nowMs,
    }),
    freshness,
  };
}

/** Throws `wire/hash` where the bytes are another blob, `wire/malformed` or `round/invalid-update` where they are no update. */
export function verifyUpdate(device: string, blob: BlobRow, bytes: Uint8Array): VerifiedUpdate {
  if (!equalBytes(sha256(bytes), blob.hash))
    throw new SkeinError('wire/hash', 'The update is not what its name says.');
  return new VerifiedUpdate(intake, device, blob, bytes);
}
