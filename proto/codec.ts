// The one boundary between bytes and the domain: messages, the envelope around them, and their hashes.

import { equalBytes, sha256 } from '../core/bytes.js';
import { SkeinError } from '../core/errors.js';
import { adapterModes, aggregations, arithmetics, numberOf, phases } from './enums.js';
import { skein } from './gen/skein.js';
import type { Envelope, KindMessages } from './messages.js';
import { read } from './read.js';
import { messageSchemas } from './schemas.js';
import { type Kind, kinds, namePattern, protocolVersion } from './topics.js';

export { chunkCount, chunkRange, offerOf, splitBlob, validCut } from './blobs.js';
export { canonicalJson, parseManifest, releaseHash } from './manifest.js';
export { decodeUpdate, encodeUpdate } from './update.js';

interface WireType {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

/** The generated class of each kind; where the domain has a string union, `wire` puts the number back. */
const types: {
  readonly [K in Kind]: { readonly type: WireType; readonly wire?: (message: KindMessages[K]) => object };
} = {
  presence: { type: skein.Presence },
  reply: { type: skein.AssignmentReply },
  progress: { type: skein.Progress, wire: message => ({ ...message, phase: phases[message.phase] }) },
  offer: { type: skein.Offer },
  chunk: { type: skein.Chunk },
  want: { type: skein.Want },
  ack: { type: skein.Ack },
  assignment: {
    type: skein.Assignment,
    wire: ({ task, ...rest }) => ({
      ...rest,
      task: {
        ...task,
        adapter: { ...task.adapter, mode: adapterModes[task.adapter.mode] },
        plan: { ...task.plan, arithmetic: arithmetics[task.plan.arithmetic] },
        aggregation: aggregations[task.aggregation],
      },
    }),
  },
  release: { type: skein.Release },
  closed: { type: skein.RoundClosed },
};

/** The payload of a message. What the other side would refuse is refused here already (`wire/malformed`). */
export function encodeMessage<K extends Kind>(kind: K, message: KindMessages[K]): Uint8Array {
  const { type, wire } = types[kind];
  const fields = wire === undefined ? message : wire(message);
  check(kind, fields);
  return new Uint8Array(type.encode(fields).finish());
}

/** Throws `wire/malformed` for anything that is not exactly such a message within its bounds. */
export function decodeMessage<K extends Kind>(kind: K, payload: Uint8Array): KindMessages[K] {
  return check(kind, read(kind, types[kind].type, payload));
}

function check<K extends Kind>(kind: K, fields: object): KindMessages[K] {
  const result = messageSchemas[kind].safeParse(fields);
  if (result.success) return result.data as KindMessages[K];
  const at = result.error.issues.map(issue => issue.path.join('.') || 'the whole').slice(0, 8);
  throw malformed(kind, `not valid at ${at.join(', ')}`);
}

export interface EnvelopeHead {
  readonly fleet: string;
  /** Empty for the whole fleet. */
  readonly device: string;
  readonly task?: string;
  readonly round?: number;
  readonly kind: Kind;
  readonly sequence: number;
}

/** The bytes of an envelope. Throws `wire/oversized` past the kind's limit. */
export function seal(
  { fleet, device, task = '', round = 0, kind, sequence }: EnvelopeHead,
  payload: Uint8Array,
): Uint8Array {
  const fields = {
    version: protocolVersion,
    fleet,
    device,
    task,
    round,
    kind,
    sequence,
    hash: sha256(payload),
    payload,
  };
  const bytes = new Uint8Array(skein.Envelope.encode(fields).finish());
  if (bytes.length > kinds[kind].maxBytes) throw oversized(bytes.length, kinds[kind].maxBytes);
  return bytes;
}

/**
 * Size first, then shape, version, kind, the kind's own size, names, hash: each its own code (`wire/oversized`,
 * `malformed`, `version`, `kind`, `hash`). Who may send it is not decided here.
 */
export function openEnvelope(bytes: Uint8Array, maxBytes: number): Envelope {
  if (bytes.length > maxBytes) throw oversized(bytes.length, maxBytes);
  const raw = read('envelope', skein.Envelope, bytes);
  const { version, fleet, device, task, round, kind, hash, payload } = raw;
  const sequence = numberOf(raw.sequence);
  if (version !== protocolVersion) {
    throw new SkeinError('wire/version', `Version ${version} is not ${protocolVersion}.`, {
      data: { version },
    });
  }
  if (!Object.hasOwn(kinds, kind)) throw new SkeinError('wire/kind', 'No such kind of message.');
  const known = kind as Kind;
  if (bytes.length > kinds[known].maxBytes) throw oversized(bytes.length, kinds[known].maxBytes);
  const named =
    namePattern.test(fleet) && [device, task].every(name => name === '' || namePattern.test(name));
  if (!named || !Number.isSafeInteger(sequence))
    throw malformed('envelope', 'not valid in its names or sequence');
  if (!equalBytes(sha256(payload), hash))
    throw new SkeinError('wire/hash', 'The hash is not that of the payload.');
  return {
    version,
    fleet,
    device,
    task,
    round,
    kind: known,
    sequence,
    hash: exact(hash),
    payload: exact(payload),
  };
}

/** A copy of its own: protobufjs hands out Buffers that share the packet's memory. */
const exact = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

const malformed = (what: string, why: string): SkeinError =>
  new SkeinError('wire/malformed', `The ${what} is ${why}.`);
const oversized = (size: number, maxBytes: number): SkeinError =>
  new SkeinError('wire/oversized', `${size} bytes are more than ${maxBytes}.`, { data: { size, maxBytes } });
