// The one door out: whatever leaves the device is cleared here, counted or receipted on disk, and may leave once.

import { equalBytes, sha256Hex } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import { BlobStore } from '../../platform/blobStore.js';
import type { Database, Queries } from '../../platform/database.js';
import { encodeMessage, seal } from '../../proto/codec.js';
import type { Chunk, KindMessages } from '../../proto/messages.js';
import { type Kind, kinds, upTopic } from '../../proto/topics.js';
import { type EgressRule, type Purpose, ruleOf, type UpKind } from './policy.js';

/** Owner of the blobs that make the outbox. */
export const outboxOwner = ':out';

export interface MessageContext {
  readonly task: string;
  readonly round: number;
}

export interface Receipt {
  readonly id: number;
  readonly timeMs: number;
  readonly kind: string;
  readonly purpose: string;
  readonly policy: string;
  readonly task: string;
  readonly round: number;
  readonly bytes: number;
  readonly hash: string;
}

interface Packet {
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly bytes: Uint8Array;
}

const gate = Symbol('gate');

/** Bytes that may leave, once. Only the gate makes one. */
export class Cleared {
  #packet: Packet | undefined;

  constructor(key: symbol, packet: Packet) {
    if (key !== gate) throw new SkeinError('egress/refused', 'Only the gate clears.');
    this.#packet = packet;
  }

  /** The bytes, for the link. Throws `egress/refused` for anything that is not Cleared, and the second time. */
  static take(value: unknown): Packet {
    if (typeof value !== 'object' || value === null || !(#packet in value) || value.#packet === undefined) {
      throw new SkeinError('egress/refused', 'This was not cleared, or it has left already.');
    }
    const packet = value.#packet;
    value.#packet = undefined;
    return packet;
  }
}

export interface EgressGateOptions {
  readonly database: Database;
  readonly fleet: string;
  readonly device: string;
  /** Content bytes that may leave in a day (UTC). */
  readonly bytesPerDay: number;
  readonly clock: Clock;
}

/** Sequences are reserved on disk in blocks, so that none is used twice after a crash. */
const block = 100_000;
const controlFlushMs = 5_000;

export class EgressGate {
  readonly #options: EgressGateOptions;
  #sequence = 0;
  #reserved = 0;
  #control = { bytes: 0, messages: 0 };
  #controlFlushedMs = 0;

  constructor(options: EgressGateOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#reserve();
  }

  async stop(): Promise<void> {
    await this.#flushControl();
  }

  /**
   * Clears one message. Throws `egress/unknown-kind`, `egress/refused` (another purpose, content that is not from the
   * outbox), `egress/budget`. Content has its receipt on disk when this resolves.
   */
  async clear<K extends UpKind>(
    kind: K,
    context: MessageContext,
    message: KindMessages[K],
    purpose: Purpose,
  ): Promise<Cleared> {
    const { fleet, device, database, clock } = this.#options;
    const rule = ruleOf(kind);
    if (rule === undefined)
      throw new SkeinError('egress/unknown-kind', `Nothing is known of ${String(kind)}.`);
    if (rule.purpose !== purpose)
      throw new SkeinError('egress/refused', `A message of ${kind} does not leave for ${purpose}.`);
    const payload = encodeMessage(kind, message);
    if (this.#sequence >= this.#reserved) await this.#reserve();
    this.#sequence += 1;
    const bytes = seal({ fleet, device, ...context, kind, sequence: this.#sequence }, payload);
    if (kinds[kind].content) {
      const entry = {
        kind,
        rule,
        context,
        bytes: bytes.length,
        hash: sha256Hex(payload),
        timeMs: clock.now(),
      };
      await database.transaction(async tx => {
        if (rule.fromOutbox) await checkOutbox(tx, message as Chunk);
        await this.#receipt(tx, entry);
      });
    } else {
      this.#control.bytes += bytes.length;
      this.#control.messages += 1;
      if (clock.now() - this.#controlFlushedMs >= controlFlushMs) await this.#flushControl();
    }
    return new Cleared(gate, { topic: upTopic(fleet, device, kind), qos: kinds[kind].qos, bytes });
  }

  /** Of a new session: milliseconds since 1970, and above every session before. */
  async newEpoch(): Promise<number> {
    return this.#options.database.transaction(async tx => {
      const { epoch } = (await tx.get<{ epoch: number }>('SELECT epoch FROM wire_state')) as {
        epoch: number;
      };
      const next = Math.max(this.#options.clock.now(), epoch + 1);
      await tx.run('UPDATE wire_state SET epoch = ?', [next]);
      return next;
    });
  }

  async bytesLeftToday(): Promise<number> {
    const { database, bytesPerDay, clock } = this.#options;
    const row = await database.get<{ content_bytes: number }>(
      'SELECT content_bytes FROM egress_day WHERE day = ?',
      [dayOf(clock.now())],
    );
    return Math.max(0, bytesPerDay - (row?.content_bytes ?? 0));
  }

  /** What left in all, and how much of it had content. */
  async totals(): Promise<{ contentBytes: number; controlBytes: number; controlMessages: number }> {
    await this.#flushControl();
    const sql = `SELECT COALESCE(SUM(content_bytes), 0) AS contentBytes, COALESCE(SUM(control_bytes), 0) AS controlBytes,
                 COALESCE(SUM(control_messages), 0) AS controlMessages FROM egress_day`;
    return (await this.#options.database.get(sql)) as {
      contentBytes: number;
      controlBytes: number;
      controlMessages: number;
    };
  }

  /** Newest first. */
  receipts({ limit = 100 }: { limit?: number } = {}): Promise<Receipt[]> {
    const sql = `SELECT id, time_ms AS timeMs, kind, purpose, policy, task, round, bytes, hash FROM receipt
                 ORDER BY id DESC LIMIT ?`;
    return this.#options.database.all<Receipt>(sql, [limit]);
  }

  async #receipt(tx: Queries, { kind, rule, context, bytes, hash, timeMs }: ReceiptEntry): Promise<void> {
    const { bytesPerDay } = this.#options;
    const { changes } = await tx.run(
      `INSERT INTO egress_day (day, content_bytes) SELECT ?1, ?2 WHERE ?2 <= ?3
       ON CONFLICT (day) DO UPDATE SET content_bytes = content_bytes + ?2 WHERE content_bytes + ?2 <= ?3`,
      [dayOf(timeMs), bytes, bytesPerDay],
    );
    if (changes === 0) {
      throw new SkeinError('egress/budget', `The ${bytesPerDay} bytes of the day are spent.`, {
        data: { bytesPerDay, bytes },
      });
    }
    await tx.run(
      'INSERT INTO receipt (time_ms, kind, purpose, policy, task, round, bytes, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [timeMs, kind, rule.purpose, rule.policy, context.task, context.round, bytes, hash],
    );
  }

  async #reserve(): Promise<void> {
    const { database, clock } = this.#options;
    const { from, to } = await database.transaction(async tx => {
      const { sequence } = (await tx.get<{ sequence: number }>('SELECT sequence FROM wire_state')) as {
        sequence: number;
      };
      const from = Math.max(sequence, clock.now() * 1000);
      await tx.run('UPDATE wire_state SET sequence = ?', [from + block]);
      return { from, to: from + block };
    });
    this.#sequence = Math.max(this.#sequence, from);
    this.#reserved = to;
  }

  async #flushControl(): Promise<void> {
    const { bytes, messages } = this.#control;
    if (messages === 0) return;
    this.#control = { bytes: 0, messages: 0 };
    this.#controlFlushedMs = this.#options.clock.now();
    try {
      await this.#options.database.run(
        `INSERT INTO egress_day (day, control_bytes, control_messages) VALUES (?, ?, ?)
         ON CONFLICT (day) DO UPDATE SET control_bytes = control_bytes + excluded.control_bytes,
           control_messages = control_messages + excluded.control_messages`,
        [dayOf(this.#controlFlushedMs), bytes, messages],
      );
    } catch (error) {
      // A full disk keeps no control message back: it is counted when there is space again.
      if (!toSkeinError(error).code.startsWith('io/')) throw error;
      this.#control.bytes += bytes;
      this.#control.messages += messages;
    }
  }
}

interface ReceiptEntry {
  readonly kind: Kind;
  readonly rule: EgressRule;
  readonly context: MessageContext;
  readonly bytes: number;
  readonly hash: string;
  readonly timeMs: number;
}

/** A chunk leaves only as the piece of an update that was put into the outbox. */
async function checkOutbox(tx: Queries, chunk: Chunk): Promise<void> {
  const stored = await new BlobStore(tx).chunk(outboxOwner, chunk.blob, chunk.index);
  if (stored === undefined || !equalBytes(stored.data, chunk.data)) {
    throw new SkeinError('egress/refused', 'The chunk is not from the outbox.');
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
