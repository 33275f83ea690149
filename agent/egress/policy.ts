// What may leave a device, as a table: a kind that is not listed does not leave.

import type { Kind } from '../../proto/topics.js';

export type UpKind = 'presence' | 'reply' | 'progress' | 'offer' | 'chunk' | 'want';
export type Purpose = 'presence' | 'participation' | 'update' | 'release';

export interface EgressRule {
  readonly purpose: Purpose;
  /** Why it may leave; stands in the receipt. */
  readonly policy: string;
  /** Only what stands in the outbox, byte by byte. */
  readonly fromOutbox: boolean;
}

export const rules = {
  presence: { purpose: 'presence', policy: 'fixed schema: capabilities, no content', fromOutbox: false },
  reply: { purpose: 'participation', policy: 'fixed schema: yes or no, and a code', fromOutbox: false },
  progress: {
    purpose: 'participation',
    policy: 'fixed schema: phase and step, and a code',
    fromOutbox: false,
  },
  offer: { purpose: 'update', policy: 'fixed schema: hash and size', fromOutbox: false },
  chunk: { purpose: 'update', policy: 'adapter weights of an accepted assignment', fromOutbox: true },
  want: { purpose: 'release', policy: 'fixed schema: hash and indexes', fromOutbox: false },
} as const satisfies Record<UpKind, EgressRule>;

/** Also for names that come from outside the type system. */
export const ruleOf = (kind: Kind): EgressRule | undefined =>
  Object.hasOwn(rules, kind) ? rules[kind as UpKind] : undefined;
