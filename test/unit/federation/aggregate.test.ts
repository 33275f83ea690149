// Aggregation: exact arithmetic, no matter in which order updates come.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../core/index.js';
import { aggregate, aggregateHash } from '../../../federation/aggregate/aggregate.js';
import type { Contribution } from '../../../federation/aggregate/contribution.js';

const contribution = (device: string, examples: number, ...values: number[]): Contribution => ({
  device,
  examples,
  tensors: [{ name: 'a', shape: [values.length], values: Float32Array.from(values) }],
});

const arbitraryContributions = fc
  .uniqueArray(fc.constantFrom('pi-1', 'pi-2', 'pi-10', 'a', 'constructor', 'z9'), { minLength: 1 })
  .chain(devices =>
    fc.tuple(
      ...devices.map(device =>
        fc
          .tuple(
            fc.integer({ min: 1, max: 10_000 }),
            fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 6, maxLength: 6 }),
          )
          .map(([examples, values]) => contribution(device, examples, ...values)),
      ),
    ),
  );

describe('aggregate', () => {
  it('means count devices once, or by their examples', () => {
    const two = [contribution('a', 1, 1, 10), contribution('b', 3, 2, -10)];
    expect([...aggregate('mean', two).tensors[0]!.values]).toEqual([1.5, 0]);
    expect([...aggregate('weighted-mean', two).tensors[0]!.values]).toEqual([1.75, -5]);
  });

  it('has the same bits for every order of arrival', () => {
    fc.assert(
      fc.property(
        arbitraryContributions.chain(all =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        fc.constantFrom('mean', 'weighted-mean'),
        ([sent, arrived], rule) => {
          const one = aggregate(rule, sent);
          const other = aggregate(rule, arrived);
          expect(other).toEqual(one);
          expect(other.hash).toBe(one.hash);
        },
      ),
    );
  });

  it('stays between the smallest and the largest value of each element', () => {
    fc.assert(
      fc.property(arbitraryContributions, fc.constantFrom('mean', 'weighted-mean'), (all, rule) => {
        const { values } = aggregate(rule, all).tensors[0]!;
        values.forEach((value, i) => {
          const column = all.map(({ tensors }) => tensors[0]!.values[i]!);
          const slack = 1e-6 * Math.max(...column.map(Math.abs));
          expect(value).toBeGreaterThanOrEqual(Math.min(...column) - slack);
          expect(value).toBeLessThanOrEqual(Math.max(...column) + slack);
        });
      }),
    );
  });

  it('refuses nothing, a device that counts twice, and other tensors', () => {
    const refused = (all: readonly Contribution[]) =>
      expect(() => aggregate('mean', all)).toThrow(expect.objectContaining({ code: 'round/invalid-update' }));
    refused([]);
    refused([contribution('a', 1, 1), contribution('a', 1, 2)]);
    refused([contribution('a', 1, 1), contribution('b', 1, 2, 3)]);
  });

  it('hashes little-endian float32 values in name order', () => {
    const b = { name: 'b', shape: [1], values: Float32Array.of(1) };
    const a = { name: 'a', shape: [2], values: Float32Array.of(-2, 0.5) };
    const bytes = Uint8Array.of(0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f);
    expect(aggregateHash([b, a])).toBe(sha256Hex(bytes));
  });
});
