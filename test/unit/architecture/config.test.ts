// A configuration is read from metadata and tensor shapes, and what does not fit is refused with the right code.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSkeinError, type SkeinError } from '../../../core/errors.js';
import { adapterTensors } from '../../../model/architecture/adapterNames.js';
import { type ModelHeader, readConfig, weightNames } from '../../../model/architecture/config.js';
import { tinyHeader } from './tinyHeader.js';

const changed = (
  change: (metadata: Map<string, unknown>, tensors: Map<string, { shape: number[] }>) => void,
): ModelHeader => {
  const header = tinyHeader();
  change(header.metadata, header.tensors);
  return header;
};

const codeOf = (header: ModelHeader): string => {
  try {
    readConfig(header);
  } catch (error) {
    return (error as SkeinError).code;
  }
  return 'accepted';
};

describe('readConfig', () => {
  test('reads a llama with a tied head', () => {
    const config = readConfig(tinyHeader());
    expect(config).toMatchObject({
      hidden: 8,
      feedForward: 12,
      heads: 2,
      kvHeads: 1,
      headSize: 4,
      vocabulary: 11,
    });
    expect(config.layers).toHaveLength(2);
    expect(config.head.name).toBe('token_embd.weight');
    expect(config.rotary).toEqual({ base: 100, dimensions: 4, style: 'interleaved' });
    expect(new Set(weightNames(config))).toEqual(new Set(tinyHeader().tensors.keys()));
  });

  test('keeps the halves of a head apart where the source does', () => {
    expect(readConfig({ ...tinyHeader(), rowOrder: 'halves' }).rotary.style).toBe('halves');
  });

  test('takes the output matrix where the file has one', () => {
    const header = changed((_, tensors) => tensors.set('output.weight', { shape: [8, 11] }));
    expect(readConfig(header).head.name).toBe('output.weight');
  });

  test.each([
    [
      'an unknown architecture',
      'architecture/unsupported',
      (m: Map<string, unknown>) => m.set('general.architecture', 'gpt9'),
    ],
    [
      'no architecture',
      'architecture/unsupported',
      (m: Map<string, unknown>) => m.delete('general.architecture'),
    ],
    ['experts', 'architecture/unsupported', (m: Map<string, unknown>) => m.set('llama.expert_count', 8)],
    [
      'scaled rotary',
      'architecture/unsupported',
      (m: Map<string, unknown>) => m.set('llama.rope.scaling.type', 'yarn'),
    ],
    ['no layers', 'gguf/invalid', (m: Map<string, unknown>) => m.set('llama.block_count', 0)],
    ['a billion layers', 'gguf/invalid', (m: Map<string, unknown>) => m.set('llama.block_count', 1e9)],
    [
      'heads that cannot share',
      'gguf/invalid',
      (m: Map<string, unknown>) => m.set('llama.attention.head_count', 3),
    ],
    ['a missing size', 'gguf/invalid', (m: Map<string, unknown>) => m.delete('llama.embedding_length')],
    ['a text for a size', 'gguf/invalid', (m: Map<string, unknown>) => m.set('llama.embedding_length', '8')],
    [
      'odd rotary dimensions',
      'gguf/invalid',
      (m: Map<string, unknown>) => m.set('llama.rope.dimension_count', 3),
    ],
  ])('refuses %s', (_, code, change) => {
    expect(codeOf(changed(change))).toBe(code);
  });

  test('refuses a missing tensor, a wrong shape and a tensor without a place', () => {
    expect(codeOf(changed((_, tensors) => tensors.delete('blk.1.ffn_up.weight')))).toBe('gguf/invalid');
    expect(codeOf(changed((_, tensors) => tensors.set('blk.1.ffn_up.weight', { shape: [12, 8] })))).toBe(
      'gguf/invalid',
    );
    expect(codeOf(changed((_, tensors) => tensors.delete('token_embd.weight')))).toBe('gguf/invalid');
    expect(codeOf(changed((_, tensors) => tensors.set('blk.0.attn_q.bias', { shape: [8] })))).toBe(
      'architecture/unsupported',
    );
  });

  test('answers any metadata with a configuration or a typed error', () => {
    const keys = [...tinyHeader().metadata.keys()].filter(key => key !== 'general.architecture');
    const values = fc.oneof(fc.anything(), fc.integer(), fc.double(), fc.bigInt());
    fc.assert(
      fc.property(fc.constantFrom(...keys), values, (key, value) => {
        try {
          readConfig(changed(metadata => metadata.set(key, value)));
        } catch (error) {
          expect(isSkeinError(error)).toBe(true);
        }
      }),
    );
  });
});

describe('adapterTensors', () => {
  test('names PEFT tensors with their shapes, in name order', () => {
    const tensors = adapterTensors(readConfig(tinyHeader()), {
      mode: 'lora',
      rank: 3,
      alpha: 6,
      targets: ['v', 'down'],
    });
    expect(tensors.map(tensor => [tensor.name, tensor.shape])).toEqual([
      ['model.layers.0.mlp.down_proj.lora_A.weight', [3, 12]],
      ['model.layers.0.mlp.down_proj.lora_B.weight', [8, 3]],
      ['model.layers.0.self_attn.v_proj.lora_A.weight', [3, 8]],
      ['model.layers.0.self_attn.v_proj.lora_B.weight', [4, 3]],
      ['model.layers.1.mlp.down_proj.lora_A.weight', [3, 12]],
      ['model.layers.1.mlp.down_proj.lora_B.weight', [8, 3]],
      ['model.layers.1.self_attn.v_proj.lora_A.weight', [3, 8]],
      ['model.layers.1.self_attn.v_proj.lora_B.weight', [4, 3]],
    ]);
  });
});
