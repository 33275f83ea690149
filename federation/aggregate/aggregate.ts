// From contributions in any order to one aggregate and its hash.

import { SkeinError, sha256Hex } from '../../core/index.js';
import type { Aggregation, NamedTensor } from '../../proto/messages.js';
import { compareText } from '../order.js';
import type { Contribution } from './contribution.js';
import { aggregationRules } from './rules.js';

export interface Aggregate {
  /** In name order, float32. */
  readonly tensors: readonly NamedTensor[];
  /** `aggregateHash` of the tensors. */
  readonly hash: string;
  /** The devices counted, in order. */
  readonly devices: readonly string[];
}

/**
 * Combines contributions by a rule. Their order does not matter: they are put in device-id order first.
 * Throws `round/invalid-update` where there is none, one device counts twice, or names and shapes disagree.
 */
export function aggregate(rule: Aggregation, contributions: readonly Contribution[]): Aggregate {
  const ordered = [...contributions].sort((a, b) => compareText(a.device, b.device));
  const first = ordered[0];
  if (first === undefined) throw new SkeinError('round/invalid-update', 'There is no update to aggregate.');
  ordered.forEach((contribution, i) => {
    if (i > 0 && contribution.device === ordered[i - 1]!.device) {
      throw new SkeinError('round/invalid-update', `Device ${contribution.device} has two updates.`);
    }
    requireSameLayout(first, contribution);
  });
  const tensors = aggregationRules[rule].combine(ordered);
  return { tensors, hash: aggregateHash(tensors), devices: ordered.map(({ device }) => device) };
}

function requireSameLayout(expected: Contribution, actual: Contribution): void {
  const layout = (contribution: Contribution): string =>
    JSON.stringify(contribution.tensors.map(({ name, shape, values }) => [name, shape, values.length]));
  if (layout(expected) !== layout(actual)) {
    const message = `The updates of ${expected.device} and ${actual.device} have different tensors.`;
    throw new SkeinError('round/invalid-update', message);
  }
}

/** SHA-256 (hex) of the values as little-endian float32, tensors in name order. */
export function aggregateHash(tensors: readonly NamedTensor[]): string {
  const ordered = [...tensors].sort((a, b) => compareText(a.name, b.name));
  return sha256Hex(...ordered.map(({ values }) => littleEndian(values)));
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(values: Float32Array): Uint8Array {
  if (hostIsLittleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const view = new DataView(new ArrayBuffer(values.byteLength));
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return new Uint8Array(view.buffer);
}
