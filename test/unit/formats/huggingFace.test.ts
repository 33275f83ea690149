// A Hugging Face folder is read as the GGUF file of the same model would be; folders that lie or want more are refused.

import { describe, expect, it, test } from 'vitest';
import { memorySource, utf8 } from '../../../core/bytes.js';
import type { SkeinError } from '../../../core/errors.js';
import { readConfig } from '../../../model/architecture/config.js';
import { readGguf } from '../../../model/formats/gguf.js';
import { huggingFaceFiles as filesOf, readHuggingFace } from '../../../model/formats/huggingFace.js';
import { huggingFaceToGguf } from '../../../model/formats/rotaryRows.js';
import { decodeSafetensors, encodeSafetensors } from '../../../model/formats/safetensors.js';
import {
  type FolderFiles,
  folderOf,
  huggingFaceFiles,
  huggingFaceTensors,
  withConfig,
} from '../../helpers/huggingFaceFolder.js';
import { quantise } from '../../helpers/quantise.js';
import { tinyModel } from '../../helpers/tinyModel.js';

const bytes = tinyModel({ weights: 'F32', embedding: 'F32' });
const gguf = readGguf(memorySource(bytes));
const single = huggingFaceFiles(bytes);
const sharded = huggingFaceFiles(bytes, 3);

const codeOf = (files: FolderFiles): string => {
  try {
    readConfig(readHuggingFace(folderOf(files)));
  } catch (error) {
    return (error as SkeinError).code ?? String(error);
  }
  return 'accepted';
};
const metadataOf = (changes: Record<string, unknown>) =>
  Object.fromEntries(readHuggingFace(folderOf(withConfig(single, changes))).metadata);

describe('readHuggingFace', () => {
  test.each([
    ['one file', single],
    ['three files and an index', sharded],
  ])('gives the tensors of %s under their names in GGUF', (_, files) => {
    const source = readHuggingFace(folderOf(files));
    expect(source.rowOrder).toBe('halves');
    expect(new Set(source.tensors.keys())).toEqual(new Set(gguf.tensors.keys()));
    for (const [name, { shape }] of gguf.tensors) {
      expect(source.tensors.get(name)?.shape).toEqual(shape);
      const heads = /attn_q\./.test(name) ? 2 : /attn_k\./.test(name) ? 1 : 0;
      const values = source.read(name);
      expect(heads === 0 ? values : huggingFaceToGguf(values, shape[1] as number, heads)).toEqual(
        gguf.read(name),
      );
    }
    expect(source.rows('token_embd.weight', 3, 2)).toEqual(gguf.rows('token_embd.weight', 3, 2));
    expect(source.blocks('token_embd.weight')).toBeUndefined();
    expect(() => source.read('none')).toThrow(/no tensor/);
  });

  test('describes the same decoder, but for the order of rows', () => {
    const ofFile = readConfig(gguf);
    const ofFolder = readConfig(readHuggingFace(folderOf(single)));
    expect(ofFolder).toEqual({
      ...ofFile,
      rotaryStyle: 'halves',
      layers: ofFile.layers.map(layer => ({ ...layer, rotary: { ...layer.rotary, style: 'halves' } })),
    });
  });

  test('reads F16 and BF16', () => {
    const raw = {
      F16: quantise('F16', Float32Array.of(0.5, -2)),
      BF16: quantise('BF16', Float32Array.of(3, 1)),
    };
    const header = utf8(
      JSON.stringify({
        a: { dtype: 'F16', shape: [2, 1], data_offsets: [0, 4] },
        b: { dtype: 'BF16', shape: [2, 1], data_offsets: [4, 8] },
      }),
    );
    const file = new Uint8Array(
      Buffer.concat([
        new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer),
        header,
        raw.F16,
        raw.BF16,
      ]),
    );
    const source = readHuggingFace(folderOf({ ...single, 'model.safetensors': file }));
    expect([...source.read('a'), ...source.read('b')]).toEqual([0.5, -2, 3, 1]);
    expect([...source.rows('b', 1, 1)]).toEqual([1]);
  });

  test('drops the copy of a tied head and computed tables, and keeps a head of its own', () => {
    const extra = (name: string, shape: number[]): FolderFiles => {
      const more = { name, shape, values: new Float32Array(shape.reduce((a, b) => a * b)) };
      return { ...single, 'model.safetensors': encodeSafetensors([...huggingFaceTensors(bytes), more]) };
    };
    const vocabulary = gguf.tensors.get('token_embd.weight')?.shape[1] as number;
    const head = extra('lm_head.weight', [vocabulary, 64]);
    expect(readHuggingFace(folderOf(head)).tensors.has('output.weight')).toBe(false);
    const untied = withConfig(head, { tie_word_embeddings: false });
    expect(readConfig(readHuggingFace(folderOf(untied))).head.name).toBe('output.weight');
    expect(codeOf(withConfig(single, { tie_word_embeddings: false }))).toBe('model/invalid');
    expect(codeOf(withConfig(single, { tie_word_embeddings: null }))).toBe('accepted');
    expect(codeOf(extra('model.layers.0.self_attn.rotary_emb.inv_freq', [16]))).toBe('accepted');
    expect(codeOf(extra('model.layers.0.self_attn.o_proj.bias', [64]))).toBe('architecture/unsupported');
  });

  test('finds the chat template in a file of its own, or among the tokenizer’s settings', () => {
    const templateOf = (files: FolderFiles) =>
      readHuggingFace(folderOf({ ...single, ...files })).metadata.get('tokenizer.chat_template');
    const settings = (chat_template: unknown) => ({
      'tokenizer_config.json': utf8(JSON.stringify({ chat_template })),
    });
    expect(templateOf({})).toBeUndefined();
    expect(templateOf(settings('{{ a }}'))).toBe('{{ a }}');
    expect(templateOf(settings([{ name: 'default', template: 'd' }]))).toBe('d');
    expect(templateOf(settings(7))).toBeUndefined();
    expect(templateOf({ ...settings('x'), 'chat_template.jinja': utf8('own') })).toBe('own');
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'another shape than the configuration says',
      { intermediate_size: 48 },
      /tensor model\.layers\.0\.\S+_proj\.weight is \[\d+, \d+\], not \[48, \d+\]/,
    ],
    ['a layer that is missing', { num_hidden_layers: 3 }, /tensor model\.layers\.2\.\S+ is missing/],
  ])('names %s as the files do', (_, changes, message) => {
    expect(() => readConfig(readHuggingFace(folderOf(withConfig(single, changes))))).toThrow(
      expect.objectContaining({ code: 'model/invalid', message: expect.stringMatching(message) }),
    );
  });

  test('knows every tensor by its own name', () => {
    const source = readHuggingFace(folderOf(single));
    const own = decodeSafetensors(single['model.safetensors'] as Uint8Array);
    const names = own.tensors.map(({ name }) => name).sort();
    expect([...source.tensors.keys()].map(name => source.ownName?.(name)).sort()).toEqual(names);
  });

  test('lists the files that make up the model', () => {
    const more = { 'tokenizer.json': utf8('{}'), 'README.md': utf8('#') };
    expect(filesOf(folderOf({ ...single, ...more }))).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(filesOf(folderOf(sharded))).toEqual(Object.keys(sharded).sort());
  });
});

describe('config.json', () => {
  const gemma = {
    model_type: 'gemma3_text',
    hidden_activation: 'gelu_pytorch_tanh',
    sliding_window: 16,
    query_pre_attn_scalar: 16,
    rope_parameters: null,
  };

  it('says the same in the words of transformers 5 and of those before', () => {
    expect(metadataOf({ rope_parameters: null, rope_theta: 5e5 })).toMatchObject({
      'llama.rope.freq_base': 5e5,
    });
    const before = metadataOf({
      ...gemma,
      rope_theta: 2e6,
      rope_local_base_freq: 1e4,
      sliding_window_pattern: 2,
    });
    const now = metadataOf({
      ...gemma,
      rope_parameters: {
        full_attention: { rope_type: 'default', rope_theta: 2e6 },
        sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
      },
      layer_types: ['sliding_attention', 'full_attention'],
    });
    expect(now).toEqual(before);
    expect(now).toMatchObject({
      'general.architecture': 'gemma3',
      'gemma3.rope.freq_base': 2e6,
      'gemma3.rope.freq_base_swa': 1e4,
      'gemma3.attention.sliding_window': 16,
      'gemma3.attention.sliding_window_pattern': 2,
      'gemma3.attention.scale': 0.25,
    });
  });

  it('says how rotation is scaled', () => {
    const linear = { 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': 4 };
    expect(metadataOf({ rope_scaling: { type: 'linear', factor: 4 } })).toMatchObject(linear);
    const parameters = { rope_type: 'linear', factor: 4, rope_theta: 1e4 };
    expect(metadataOf({ rope_parameters: parameters })).toMatchObject(linear);
    const llama3 = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    };
    const source = readHuggingFace(folderOf(withConfig(single, { rope_scaling: llama3 })));
    const config = readConfig(source);
    expect(config.layers.map(({ rotary }) => rotary.divisor)).toEqual([
      'rope_freqs.weight',
      'rope_freqs.weight',
    ]);
    const divisors = source.read('rope_freqs.weight');
    expect(divisors).toHaveLength(config.headSize / 2);
    // 64 positions are ten turns of the fastest pair and a fraction of one of the slowest.
    expect([divisors[0], divisors.at(-1)]).toEqual([1, 8]);
    expect(divisors.some(divisor => divisor > 1 && divisor < 8)).toBe(true);
  });

  it('adds 1 to Gemma’s norms, and to nothing else', () => {
    const source = readHuggingFace(folderOf(withConfig(single, gemma)));
    for (const [here, there] of [
      ['output_norm', 'output_norm'],
      ['blk.1.post_attention_norm', 'blk.1.ffn_norm'],
    ])
      expect(source.read(`${here}.weight`)).toEqual(gguf.read(`${there}.weight`).map(value => value + 1));
    expect(source.read('token_embd.weight')).toEqual(gguf.read('token_embd.weight'));
  });

  it('takes no window where none is in use', () => {
    const window = { sliding_window: 64, model_type: 'qwen2' };
    expect(metadataOf({ ...window, use_sliding_window: false })).not.toHaveProperty([
      'qwen2.attention.sliding_window',
    ]);
    expect(metadataOf({ ...window, use_sliding_window: true })).toMatchObject({
      'qwen2.attention.sliding_window': 64,
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['another kind of model', { model_type: 'bert' }, 'architecture/unsupported'],
    ['no kind of model', { model_type: null }, 'architecture/unsupported'],
    ['another activation', { hidden_act: 'relu' }, 'architecture/unsupported'],
    ['quantised weights', { quantization_config: { bits: 4 } }, 'architecture/unsupported'],
    ['scaled rotation', { rope_parameters: { rope_type: 'yarn', factor: 4 } }, 'architecture/unsupported'],
    ['rotation scaled as before', { rope_scaling: { type: 'dynamic' } }, 'architecture/unsupported'],
    ['rotation scaled by nothing', { rope_scaling: { type: 'linear' } }, 'model/invalid'],
    [
      'windows with scaled rotation',
      { ...gemma, rope_parameters: { sliding_attention: { rope_type: 'linear', factor: 2 } } },
      'architecture/unsupported',
    ],
    [
      'Llama 3’s rotation without all of its numbers',
      { rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 1 } },
      'model/invalid',
    ],
    ['partial rotation', { partial_rotary_factor: 0.5 }, 'architecture/unsupported'],
    ['attention to what comes', { use_bidirectional_attention: true }, 'architecture/unsupported'],
    ['a window', { sliding_window: 16 }, 'architecture/unsupported'],
    ['strange layers', { layer_types: ['full_attention', 'mamba'] }, 'architecture/unsupported'],
    [
      'uneven layers',
      { ...gemma, layer_types: ['full_attention', 'sliding_attention'] },
      'architecture/unsupported',
    ],
    ['too few kinds of layers', { layer_types: ['full_attention'] }, 'model/invalid'],
    ['no hidden size', { hidden_size: null }, 'model/invalid'],
    ['half a head', { num_attention_heads: 1.5 }, 'model/invalid'],
    ['a text for a size', { intermediate_size: '128' }, 'model/invalid'],
    ['too large a size', { num_hidden_layers: 1e12 }, 'model/invalid'],
    ['an endless head', { head_dim: 2 ** 31 - 1 }, 'model/invalid'],
    ['a head of all', { head_dim: null, hidden_size: 1 << 20, num_attention_heads: 1 }, 'model/invalid'],
    ['a token that is none', { eos_token_id: 'two' }, 'model/invalid'],
    ['another size than the tensors have', { intermediate_size: 129 }, 'model/invalid'],
    ['more layers than tensors', { num_hidden_layers: 3 }, 'model/invalid'],
  ])('refuses %s', (_, changes, code) => {
    expect(codeOf(withConfig(single, changes))).toBe(code);
  });
});

describe('a folder', () => {
  const without = (files: FolderFiles, name: string): FolderFiles =>
    Object.fromEntries(Object.entries(files).filter(([key]) => key !== name));
  const index = (weight_map: unknown): FolderFiles => ({
    ...sharded,
    'model.safetensors.index.json': utf8(JSON.stringify({ weight_map })),
  });
  const map = (
    JSON.parse(new TextDecoder().decode(sharded['model.safetensors.index.json'])) as {
      weight_map: Record<string, string>;
    }
  ).weight_map;

  it.each<[string, FolderFiles, string]>([
    ['no configuration', without(single, 'config.json'), 'model/invalid'],
    ['a configuration that is no JSON', { ...single, 'config.json': utf8('{') }, 'model/invalid'],
    ['a configuration that is a list', { ...single, 'config.json': utf8('[]') }, 'model/invalid'],
    ['no weights', without(single, 'model.safetensors'), 'model/invalid'],
    ['a missing shard', without(sharded, 'model-2-of-3.safetensors'), 'model/invalid'],
    ['damaged weights', { ...single, 'model.safetensors': new Uint8Array(9) }, 'safetensors/invalid'],
    ['no map of weights', index(undefined), 'model/invalid'],
    ['a map out of the folder', index({ ...map, 'model.norm.weight': '../x.safetensors' }), 'model/invalid'],
    ['a map of numbers', index({ ...map, 'model.norm.weight': 1 }), 'model/invalid'],
    ['a map to the wrong file', index({ ...map, 'model.norm.weight': nextShard(map) }), 'model/invalid'],
    ['a map of what is not there', index({ ...map, more: 'model-1-of-3.safetensors' }), 'model/invalid'],
    ['a missing tensor', index(withoutKey(map, 'model.norm.weight')), 'model/invalid'],
  ])('with %s is refused', (_, files, code) => {
    expect(codeOf(files)).toBe(code);
  });

  function nextShard(of: Record<string, string>): string {
    const own = of['model.norm.weight'];
    return Object.values(of).find(name => name !== own) as string;
  }
  function withoutKey(of: Record<string, string>, name: string): Record<string, string> {
    return Object.fromEntries(Object.entries(of).filter(([key]) => key !== name));
  }
});
