// Messages and envelopes: what goes in comes out, and arbitrary bytes give typed errors only.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../../core/bytes.js';
import { SkeinError } from '../../../core/errors.js';
import { decodeMessage, encodeMessage, openEnvelope, seal } from '../../../proto/codec.js';
import { skein } from '../../../proto/gen/skein.js';
import type { KindMessages } from '../../../proto/messages.js';
import { type Kind, kinds } from '../../../proto/topics.js';

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const hex = 'ab'.repeat(32);
const nonce = new Uint8Array(16).fill(3);
const examples: KindMessages = {
  presence: {
    epoch: 1_790_000_000_000,
    online: true,
    agentVersion: '0.1.0',
    profile: 'x86-mini-pc',
    threads: 2,
    memoryBytes: 2 ** 33,
    bytesLeftToday: 0,
    baseModels: [hex],
    release: '',
  },
  reply: { nonce, accepted: false, reason: 'round/declined' },
  progress: { phase: 'training', step: 3, steps: 10, reason: '' },
  offer: { blob: hash(1), size: 100_000, count: 3 },
  chunk: { blob: hash(1), index: 2, count: 3, size: 100_000, data: new Uint8Array(33_332).fill(7) },
  want: { blob: hash(1), indexes: [0, 2] },
  ack: { hash: hash(1), kind: 'update', accepted: true, reason: '' },
  assignment: {
    task: {
      id: 'notes',
      baseModel: hex,
      template: 'Note: {text}\nLine:',
      labels: ['a', 'b c'],
      adapter: { mode: 'ffa', rank: 8, alpha: 16, targets: ['q', 'v'] },
      plan: {
        localEpochs: 1,
        batchSize: 8,
        learningRate: 2e-3,
        weightDecay: 0,
        clipNorm: 1,
        maxTokens: 128,
        arithmetic: 'fast',
      },
      aggregation: 'weighted-mean',
      adapterSeed: 2 ** 53 - 1,
    },
    startRelease: '',
    seed: 0,
    deadlineMs: 1_790_000_000_000,
    nonce,
  },
  release: { manifest: Uint8Array.of(1, 2), signature: new Uint8Array(64) },
  closed: { outcome: 'released', release: hex },
};
const all = Object.keys(kinds) as Kind[];

test.each(all)('%s survives the wire', kind => {
  const payload = encodeMessage(kind, examples[kind]);
  expect(decodeMessage(kind, payload)).toEqual(examples[kind]);
  const bytes = seal(
    { fleet: 'f', device: 'd-1', task: 't', round: 3, kind, sequence: 2 ** 53 - 1 },
    payload,
  );
  const envelope = openEnvelope(bytes, bytes.length);
  expect(envelope).toMatchObject({
    version: 1,
    fleet: 'f',
    device: 'd-1',
    task: 't',
    round: 3,
    kind,
    sequence: 2 ** 53 - 1,
  });
  expect(decodeMessage(kind, envelope.payload)).toEqual(examples[kind]);
});

test('every row of the topic table has room for its largest message in use', () => {
  const chunk = { ...examples.chunk, index: 0, count: 1, size: 49_152, data: new Uint8Array(49_152) };
  const name = 'n'.repeat(63);
  const head = { fleet: name, device: name, task: name, round: 0xffff_ffff, sequence: 2 ** 53 - 1 };
  expect(seal({ ...head, kind: 'chunk' }, encodeMessage('chunk', chunk)).length).toBeLessThanOrEqual(
    kinds.chunk.maxBytes,
  );
  const want = { blob: hash(1), indexes: Array.from({ length: 256 }, (_, i) => 0xffff_ff00 + i) };
  expect(seal({ ...head, kind: 'want' }, encodeMessage('want', want)).length).toBeLessThanOrEqual(
    kinds.want.maxBytes,
  );
  const presence = { ...examples.presence, baseModels: Array.from({ length: 16 }, () => hex) };
  expect(seal({ ...head, kind: 'presence' }, encodeMessage('presence', presence)).length).toBeLessThanOrEqual(
    kinds.presence.maxBytes,
  );
});

const refusals: [string, Kind, object][] = [
  ['a phase of a later version', 'progress', { phase: 99, step: 1, steps: 1 }],
  ['free text as a reason', 'reply', { nonce, accepted: false, reason: 'the patient in bed 7' }],
  ['a chunk past the end', 'chunk', { ...examples.chunk, index: 3 }],
  ['a chunk of another length', 'chunk', { ...examples.chunk, data: new Uint8Array(10) }],
  ['a count that does not fit the size', 'offer', { ...examples.offer, count: 2 }],
  ['an empty blob', 'offer', { blob: hash(1), size: 0, count: 0 }],
  ['a blob too large', 'offer', { blob: hash(1), size: 2 ** 40, count: 2 ** 25 }],
  ['no hash', 'want', { blob: new Uint8Array(31), indexes: [1] }],
  ['an index twice', 'want', { blob: hash(1), indexes: [1, 1] }],
  [
    'more indexes than a window',
    'want',
    { blob: hash(1), indexes: Array.from({ length: 257 }, (_, i) => i) },
  ],
  ['a missing task', 'assignment', { nonce }],
  ['a signature cut short', 'release', { manifest: Uint8Array.of(1), signature: new Uint8Array(63) }],
];
const classes = {
  progress: skein.Progress,
  reply: skein.AssignmentReply,
  chunk: skein.Chunk,
  offer: skein.Offer,
  want: skein.Want,
  assignment: skein.Assignment,
  release: skein.Release,
} as unknown as Record<Kind, { encode(message: object): { finish(): Uint8Array } }>;

test.each(refusals)('refused: %s', (_, kind, message) => {
  const payload = classes[kind].encode(message).finish();
  expect(() => decodeMessage(kind, payload)).toThrow(expect.objectContaining({ code: 'wire/malformed' }));
});

test('what the other side would refuse is not encoded', () => {
  expect(() => encodeMessage('progress', { phase: 'training', step: -1, steps: 0, reason: '' })).toThrow(
    SkeinError,
  );
  const plan = { ...examples.assignment.task.plan, learningRate: Number.NaN };
  const task = { ...examples.assignment.task, plan };
  expect(() => encodeMessage('assignment', { ...examples.assignment, task })).toThrow(
    expect.objectContaining({ code: 'wire/malformed' }),
  );
});

const fields = { version: 1, fleet: 'f', device: 'd', task: '', round: 0, kind: 'want', sequence: 1 };
const payload = encodeMessage('want', examples.want);
const envelope = (over: object): Uint8Array =>
  skein.Envelope.encode({ ...fields, payload, hash: sha256(payload), ...over }).finish();

test.each([
  ['wire/version', { version: 2 }],
  ['wire/version', { version: 0 }],
  ['wire/kind', { kind: 'gossip' }],
  ['wire/kind', { kind: 'toString' }],
  ['wire/malformed', { fleet: 'F' }],
  ['wire/malformed', { fleet: '' }],
  ['wire/malformed', { device: 'a/b' }],
  ['wire/malformed', { task: '+' }],
  ['wire/hash', { hash: hash(0) }],
  ['wire/hash', { hash: new Uint8Array(0) }],
  ['wire/hash', { payload: Uint8Array.of(1, 2, 3) }],
  ['wire/oversized', { payload: new Uint8Array(9_000) }],
] as const)('an envelope is refused with %s, row %#', (code, over) => {
  expect(() => openEnvelope(envelope(over), 131_072)).toThrow(expect.objectContaining({ code }));
});

test('size is looked at before content', () => {
  expect(() => openEnvelope(new Uint8Array(1001).fill(255), 1000)).toThrow(
    expect.objectContaining({ code: 'wire/oversized' }),
  );
  expect(() => seal({ fleet: 'f', device: 'd', kind: 'ack', sequence: 1 }, new Uint8Array(2000))).toThrow(
    expect.objectContaining({ code: 'wire/oversized' }),
  );
});

test('one flipped byte anywhere never gives another message', () => {
  const bytes = envelope({});
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const altered = Uint8Array.from(bytes);
      altered[at] = (altered[at] as number) ^ flip;
      try {
        expect(openEnvelope(altered, 10_000).payload).toEqual(payload);
      } catch (error) {
        if (!(error instanceof SkeinError)) throw error;
        expect(error.code).toMatch(/^wire\//);
      }
    }),
  );
});

test('arbitrary bytes give typed errors only', () => {
  const typed = (work: () => unknown): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SkeinError)) throw error;
      expect(error.code).toMatch(/^wire\//);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...all), (bytes, kind) => {
      typed(() => openEnvelope(bytes, 131_072));
      typed(() => decodeMessage(kind, bytes));
    }),
    { numRuns: 2000 },
  );
  // Real messages cut short or spliced reach deeper than noise does.
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.constantFrom(...all),
      fc.nat(400),
      fc.nat(400),
      (kind, other, cut, from) => {
        const whole = encodeMessage(kind, examples[kind]);
        const tail = encodeMessage(other, examples[other]);
        typed(() => decodeMessage(kind, Buffer.concat([whole.subarray(0, cut), tail.subarray(from)])));
      },
    ),
    { numRuns: 2000 },
  );
});
