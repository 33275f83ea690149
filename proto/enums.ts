// Protobuf's enums as string unions and back, its 64-bit integers as numbers. A name that one side lacks does not compile.

import { skein } from './gen/skein.js';
import type { AdapterMode, Aggregation, Arithmetic, Phase } from './messages.js';

export const adapterModes = {
  lora: skein.AdapterMode.LORA,
  ffa: skein.AdapterMode.FFA,
} as const satisfies Record<AdapterMode, skein.AdapterMode>;

export const arithmetics = {
  exact: skein.Arithmetic.EXACT,
  fast: skein.Arithmetic.FAST,
} as const satisfies Record<Arithmetic, skein.Arithmetic>;

export const aggregations = {
  mean: skein.Aggregation.MEAN,
  'weighted-mean': skein.Aggregation.WEIGHTED_MEAN,
} as const satisfies Record<Aggregation, skein.Aggregation>;

export const phases = {
  fetching: skein.Phase.FETCHING,
  training: skein.Phase.TRAINING,
  sending: skein.Phase.SENDING,
  done: skein.Phase.DONE,
  failed: skein.Phase.FAILED,
} as const satisfies Record<Phase, skein.Phase>;

/** The name of a number on the wire; undefined for `unspecified` and for values of a newer version. */
export const nameOf = <T extends string>(table: Readonly<Record<T, number>>, value: unknown): T | undefined =>
  (Object.keys(table) as T[]).find(name => table[name] === value);

/** A uint64 as protobufjs gives it (a Long where that package stands beside it) as a number; NaN past 2^53. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const { low, high } = (value ?? {}) as { low?: unknown; high?: unknown };
  if (typeof low !== 'number' || typeof high !== 'number') return Number.NaN;
  const number = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}
