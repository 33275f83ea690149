// What was said before: exact duplicates are recognised, stale and altered messages refused.

import { SkeinError } from '../../core/errors.js';
import type { Presence } from '../../proto/messages.js';
import type { Counters } from '../broker/counters.js';

/** How far messages may overtake each other (RFC 4303, section 3.4.3, has the same idea). */
const window = 256;

interface Session {
  high: number;
  /** Nothing at or below is taken. */
  floor: number;
  /** Sequence -> SHA-256 (hex) of the whole envelope. */
  readonly seen: Map<number, string>;
}

/** `duplicate`: exactly what came before. `late`: overtaken by something newer, and without meaning now. */
export type Freshness = 'fresh' | 'duplicate' | 'late';

export class ReplayGuard {
  readonly #counters: Pick<Counters, 'value' | 'raise'>;
  readonly #sessions = new Map<string, Session>();
  /** The newest presence of each device that came since the process began. */
  readonly #presences = new Map<string, { readonly mark: number; readonly sequence: number }>();

  constructor(counters: Pick<Counters, 'value' | 'raise'>) {
    this.#counters = counters;
  }

  /**
   * A device's sequences rise, also over its restarts. An exact duplicate within the window is `duplicate`; another
   * message under a used sequence, or one from before the window, is `wire/replay`.
   */
  sequence(device: string, sequence: number, hash: string): Freshness {
    const session = this.#session(device);
    const before = session.seen.get(sequence);
    if (before === hash) return 'duplicate';
    if (before !== undefined) throw replay('Another message had this sequence.', device, sequence);
    if (sequence <= session.floor) throw replay('The message is from before.', device, sequence);
    session.seen.set(sequence, hash);
    if (sequence > session.high) {
      session.high = sequence;
      session.floor = Math.max(session.floor, sequence - window);
      this.#counters.raise('sequence', device, sequence);
    }
    if (session.seen.size > 2 * window) {
      for (const old of session.seen.keys()) if (old <= session.floor) session.seen.delete(old);
    }
    return 'fresh';
  }

  /**
   * Presence goes by its epoch, since a will is written when a session starts and comes when it ends. A will of a session
   * that has a successor is `late`; a birth of one is `wire/replay`. Within a session the newest birth holds.
   */
  presence(device: string, { epoch, online }: Presence, sequence: number): Freshness {
    const mark = 2 * epoch + (online ? 0 : 1);
    if (mark >= this.#counters.value('session', device)) {
      this.#counters.raise('session', device, mark);
      const before = this.#presences.get(device);
      if (before?.mark === mark && sequence < before.sequence) return 'late';
      this.#presences.set(device, { mark, sequence });
      return before?.mark === mark && sequence === before.sequence ? 'duplicate' : 'fresh';
    }
    if (!online) return 'late';
    throw replay('The session has ended.', device, epoch);
  }

  /** What a connection remembered goes with it; the highest sequence stays. */
  forget(device: string): void {
    this.#sessions.delete(device);
  }

  #session(device: string): Session {
    let session = this.#sessions.get(device);
    if (session === undefined) {
      const high = this.#counters.value('sequence', device);
      session = { high, floor: high, seen: new Map() };
      this.#sessions.set(device, session);
    }
    return session;
  }
}

const replay = (what: string, device: string, sequence: number): SkeinError =>
  new SkeinError('wire/replay', what, { data: { device, sequence } });
