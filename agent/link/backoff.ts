// How long to wait before the next attempt: doubling, capped, with jitter, so that a fleet does not come back all at once.

import type { Random } from '../../core/random.js';

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** A session this long was good: the next attempt starts from the beginning. */
  readonly stableMs: number;
  /** After a revocation. It is for good, but the coordinator's database may have been the wrong one. */
  readonly revokedMs: number;
}

export const defaultBackoff: Backoff = {
  minMs: 1_000,
  maxMs: 60_000,
  stableMs: 30_000,
  revokedMs: 3_600_000,
};

/** Between half of the doubled time and all of it. `attempt` counts from 0. */
export function backoffMs(
  { minMs, maxMs }: Pick<Backoff, 'minMs' | 'maxMs'>,
  attempt: number,
  random: Random,
): number {
  const [a = 0, b = 0] = random.bytes(2);
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + (a * 256 + b) / 131_072));
}
