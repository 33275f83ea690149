// A fresh adapter is the same everywhere (committed test vectors), and the flat layout gives back what it was given.

import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../core/random.js';
import { adapterTensors } from '../../../model/architecture/adapterNames.js';
import { readConfig } from '../../../model/architecture/config.js';
import { AdapterLayout, freshAdapter } from '../../../model/engine/trainerWeights.js';
import type { AdapterShape } from '../../../proto/messages.js';
import { tinyHeader } from '../architecture/tinyHeader.js';

const config = readConfig(tinyHeader());
const shape: AdapterShape = { mode: 'ffa', rank: 2, alpha: 4, targets: ['q', 'k', 'down'] };

describe('freshAdapter', () => {
  test('draws the committed vectors', () => {
    const drawn = freshAdapter(config, shape, 2026).map(({ name, values }) => [
      name,
      [...values.slice(0, 3)],
    ]);
    expect(Object.fromEntries(drawn.slice(0, 4))).toMatchInlineSnapshot(`
      {
        "model.layers.0.mlp.down_proj.lora_A.weight": [
          -0.08274012804031372,
          -0.16360941529273987,
          -0.04781198501586914,
        ],
        "model.layers.0.mlp.down_proj.lora_B.weight": [
          0,
          0,
          0,
        ],
        "model.layers.0.self_attn.k_proj.lora_A.weight": [
          0.18171343207359314,
          -0.20926561951637268,
          0.035017699003219604,
        ],
        "model.layers.0.self_attn.k_proj.lora_B.weight": [
          0,
          0,
          0,
        ],
      }
    `);
  });

  test('A is within its bound and B is zero', () => {
    for (const { name, shape: size, values } of freshAdapter(config, shape, 7)) {
      const bound = 2 ** -Math.round(Math.log2(size[1] as number) / 2);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (name.includes('.lora_B.')) expect(largest).toBe(0);
      else {
        expect(largest).toBeLessThanOrEqual(bound);
        expect(largest).toBeGreaterThan(bound / 2);
      }
    }
  });

  test('another seed draws another A', () => {
    const [one, other] = [1, 2].map(seed => freshAdapter(config, shape, seed)[0]?.values);
    expect(one).not.toEqual(other);
  });
});

describe('AdapterLayout', () => {
  const random = new SeededRandom(3);
  const tensors = adapterTensors(config, shape).map(({ name, shape: size }) => ({
    name,
    shape: size,
    values: Float32Array.from({ length: size[0] * size[1] }, () => random.uint32() / 2 ** 32),
  }));

  test.each(['lora', 'ffa'] as const)('gives back what it was given: %s', mode => {
    const layout = new AdapterLayout(config, { ...shape, mode });
    const flat = new Float32Array(layout.size);
    expect(layout.pack(tensors, flat)).toBe(true);
    expect(layout.unpack(flat)).toEqual(tensors);
  });

  test('carries rows of q to the order of the file', () => {
    const layout = new AdapterLayout(config, shape);
    const flat = new Float32Array(layout.size);
    layout.pack(tensors, flat);
    const name = 'model.layers.0.self_attn.q_proj.lora_B.weight';
    const { offset, size } = layout.tensors.find(tensor => tensor.name === name) ?? { offset: 0, size: 0 };
    const rows = (values: Float32Array): number[][] =>
      [0, 1, 2, 3].map(row => [...values.slice(row * 2, row * 2 + 2)]);
    const [a, b, c, d] = rows(tensors.find(tensor => tensor.name === name)?.values as Float32Array);
    expect(rows(flat.subarray(offset, offset + size))).toEqual([a, c, b, d]);
  });

  test('in FFA the trained part is B alone', () => {
    const layout = new AdapterLayout(config, shape);
    const names = layout.unpack(new Float32Array(layout.trainedSize)).map(({ name }) => name);
    expect(names).toEqual(tensors.map(({ name }) => name).filter(name => name.includes('.lora_B.')));
  });

  test('changes nothing where names or sizes do not fit', () => {
    const layout = new AdapterLayout(config, shape);
    const flat = new Float32Array(layout.size);
    expect(layout.pack(tensors.slice(1), flat)).toBe(false);
    expect(layout.pack([...tensors.slice(1), tensors[1] as (typeof tensors)[0]], flat)).toBe(false);
    expect(flat.every(value => value === 0)).toBe(true);
  });
});
