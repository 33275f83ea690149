// What the rounds need from the rest of the coordinator, and nothing more of it.

import type { KindMessages } from '../../proto/messages.js';

export interface Context {
  readonly task: string;
  readonly round: number;
}

/** Sends to a device if it is connected; if not, nothing is kept: what matters is sent again at its next birth. */
export type Send = <K extends 'assignment' | 'release' | 'closed'>(
  device: string,
  kind: K,
  context: Context,
  message: KindMessages[K],
) => Promise<void>;
