// A configuration is read from metadata and tensor shapes, and what does not fit is refused with the right code.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSkeinError, type SkeinError } from '../../../core/errors.js';
import { adapterTensors } from '../../../model/architecture/adapterNames.js';
import { type ModelHeader, readConfig, weightNames } from '../../../model/architecture/config.js';
import { gemma3 } from '../../../model/architecture/families/gemma3.js';
import { families } from '../../../model/architecture/families/index.js';
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
    expect(config.layers[1]?.rotary).toEqual({ base: 100, dimensions: 4, style: 'interleaved' });
    expect(config.layers[1]).not.toHaveProperty('window');
  });

  test.each(families)('uses every tensor of $architecture, and misses each', family => {
    const header = tinyHeader(family);
    expect(new Set(weightNames(readConfig(header)))).toEqual(new Set(header.tensors.keys()));
    for (const name of header.tensors.keys()) {
      const { tensors, ...rest } = tinyHeader(family);
      tensors.delete(name);
      expect(codeOf({ ...rest, tensors }), name).toBe('gguf/invalid');
    }
  });

  test('a tensor of another family has no place', () => {
    for (const name of ['blk.0.attn_q.bias', 'blk.0.attn_q_norm.weight', 'blk.0.post_ffw_norm.weight'])
      expect(codeOf(changed((_, tensors) => tensors.set(name, { shape: [8] })))).toBe(
        'architecture/unsupported',
      );
  });

  const gemma = (change: (metadata: Map<string, unknown>) => void): ModelHeader => {
    const header = tinyHeader(gemma3);
    change(header.metadata);
    return header;
  };
  const pattern = 'gemma3.attention.sliding_window_pattern';
  test('knows which layers of Gemma see a window, and their rotary base', () => {
    const bases = (header: ModelHeader) =>
      readConfig(header).layers.map(({ rotary, window }) => [rotary.base, window]);
    expect(bases(tinyHeader(gemma3))).toEqual([
      [10, 2],
      [100, undefined],
    ]);
    const unsaid = gemma(metadata => {
      metadata.delete(pattern);
      metadata.delete('gemma3.rope.freq_base_swa');
    });
    expect(bases(unsaid)).toEqual([
      [10_000, 2],
      [10_000, 2],
    ]);
    expect(bases(gemma(metadata => metadata.set(pattern, [false, true])))).toEqual([
      [100, undefined],
      [10, 2],
    ]);
    expect(bases(gemma(metadata => metadata.set(pattern, 1)))).toEqual([
      [100, undefined],
      [100, undefined],
    ]);
    for (const wrong of [0, -1, 'all', [true], [true, 1], 1.5])
      expect(codeOf(gemma(metadata => metadata.set(pattern, wrong)))).toBe('gguf/invalid');
    expect(codeOf(gemma(metadata => metadata.delete('gemma3.attention.sliding_window')))).toBe(
      'gguf/invalid',
    );
    expect(codeOf(gemma(metadata => metadata.set('gemma3.final_logit_softcapping', 30)))).toBe(
      'architecture/unsupported',
    );
  });

  test('divides rotary frequencies by a factor or by a tensor, and windows by nothing', () => {
    const divisors = (header: ModelHeader) => readConfig(header).layers.map(({ rotary }) => rotary.divisor);
    const factor = gemma(metadata => metadata.set('gemma3.rope.scaling.factor', 8));
    expect(divisors(factor)).toEqual([undefined, 8]);
    const none = gemma(metadata =>
      metadata.set('gemma3.rope.scaling.factor', 8).set('gemma3.rope.scaling.type', 'none'),
    );
    expect(divisors(none)).toEqual([undefined, undefined]);
    const tensor = changed((_, tensors) => tensors.set('rope_freqs.weight', { shape: [2] }));
    expect(divisors(tensor)).toEqual(['rope_freqs.weight', 'rope_freqs.weight']);
    expect(weightNames(readConfig(tensor))).toContain('rope_freqs.weight');
    expect(codeOf(changed((_, tensors) => tensors.set('rope_freqs.weight', { shape: [3] })))).toBe(
      'gguf/invalid',
    );
    const both = changed((metadata, tensors) => {
      metadata.set('llama.rope.scaling.factor', 2);
      tensors.set('rope_freqs.weight', { shape: [2] });
    });
    expect(codeOf(both)).toBe('architecture/unsupported');
  });

  test('scales Gemma as it says', () => {
    expect(readConfig(tinyHeader(gemma3))).toMatchObject({
      attentionScale: 0.5,
      embedding: { scale: Math.sqrt(8) },
      activation: 'gelu',
    });
    const scaled = gemma(metadata => metadata.set('gemma3.attention.scale', 0.125));
    expect(readConfig(scaled).attentionScale).toBe(0.125);
    const largest = { layers: 62, hidden: 5376, heads: 32, headSize: 128 };
    expect(gemma3.attentionScale?.(largest)).toBe(1 / Math.sqrt(168));
  });

  test('keeps the halves of a head apart where the source does', () => {
    const config = readConfig({ ...tinyHeader(), rowOrder: 'halves' });
    expect([config.rotaryStyle, config.layers[0]?.rotary.style]).toEqual(['halves', 'halves']);
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
    const optional = ['attention.scale', 'attention.key_length', 'rope.dimension_count', 'rope.scaling.type'];
    const single = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.double(), fc.bigInt());
    const values = fc.oneof(single, fc.array(single), fc.array(fc.boolean(), { maxLength: 3 }));
    fc.assert(
      fc.property(fc.constantFrom(...families), fc.nat(), values, (family, which, value) => {
        const header = tinyHeader(family);
        const keys = [...header.metadata.keys(), ...optional.map(key => `${family.architecture}.${key}`)];
        header.metadata.set(keys[which % keys.length] as string, value);
        try {
          readConfig(header);
        } catch (error) {
          expect(isSkeinError(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
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

test.each([
  'general.architecture',
  'llama.block_count',
  'llama.expert_count',
  'llama.rope.freq_base',
  'llama.rope.scaling.type',
])('a %s of a million numbers, or as long a text, is not repeated in the message', key => {
  for (const value of [new Uint32Array(1 << 20), 'x'.repeat(1 << 20)]) {
    try {
      readConfig(changed(metadata => metadata.set(key, value)));
      expect.unreachable();
    } catch (error) {
      expect(isSkeinError(error), String(error).slice(0, 200)).toBe(true);
      expect((error as Error).message.length).toBeLessThan(300);
    }
  }
});
