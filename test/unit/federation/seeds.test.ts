// Seeds and nonces are the same after a restart and on another machine: committed vectors, and no collisions nearby.
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../core/index.js';
import { assignmentNonce, batchSeed } from '../../../federation/round/seeds.js';

const whose = { task: 'notes', taskSeed: 7, round: 1, device: 'pi-1' };

describe('public choices of a round', () => {
  it('are what they were', () => {
    expect(batchSeed(whose)).toBe(6_942_238_324_114_503);
    expect(toHex(assignmentNonce('hospital', whose))).toBe('f278806dffe6d53ca3d2bc0b25fcce58');
  });

  it('differ by task, task seed, round and device', () => {
    const variants = [
      whose,
      { ...whose, task: 'other' },
      { ...whose, taskSeed: 8 },
      { ...whose, round: 2 },
      { ...whose, device: 'pi-2' },
    ];
    expect(new Set(variants.map(batchSeed)).size).toBe(variants.length);
    expect(new Set(variants.map(one => toHex(assignmentNonce('hospital', one)))).size).toBe(variants.length);
    expect(assignmentNonce('hotel', whose)).not.toEqual(assignmentNonce('hospital', whose));
    expect(variants.map(batchSeed).every(Number.isSafeInteger)).toBe(true);
  });
});
