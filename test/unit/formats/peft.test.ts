// PEFT folders: an adapter comes back as it was, and a folder that is none of ours or of PEFT's is refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../core/bytes.js';
import { isSkeinError } from '../../../core/errors.js';
import { peftName } from '../../../model/architecture/adapterNames.js';
import type { Adapter } from '../../../model/engine/types.js';
import { decodePeft, encodePeft, parseLoraName, peftFiles } from '../../../model/formats/peft.js';
import { decodeSafetensors, encodeSafetensors } from '../../../model/formats/safetensors.js';
import { quantise } from '../../helpers/quantise.js';

const matrix = (rows: number, columns: number, start: number) => ({
  shape: [rows, columns],
  values: Float32Array.from({ length: rows * columns }, (_, i) => start + i / 7),
});
const adapter: Adapter = {
  shape: { mode: 'ffa', rank: 2, alpha: 4, targets: ['q', 'down'] },
  tensors: [
    { name: peftName(0, 'down', 'A'), ...matrix(2, 6, 1) },
    { name: peftName(0, 'down', 'B'), ...matrix(3, 2, 2) },
    { name: peftName(0, 'q', 'A'), ...matrix(2, 3, 3) },
    { name: peftName(0, 'q', 'B'), ...matrix(3, 2, 4) },
  ],
};
const folder = encodePeft(adapter, 'some/model');
const withConfig = (changes: Record<string, unknown>) => ({
  ...folder,
  [peftFiles.config]: utf8(JSON.stringify({ ...JSON.parse(fromUtf8(folder[peftFiles.config])), ...changes })),
});
const withTensors = (change: (adapter: Adapter) => Adapter['tensors']) => ({
  ...folder,
  [peftFiles.weights]: encodeSafetensors(
    change(adapter).map(tensor => ({ ...tensor, name: `base_model.model.${tensor.name}` })),
  ),
});

describe('PEFT folders', () => {
  it('come back as they were, from the same bytes', () => {
    expect(decodePeft(folder)).toEqual(adapter);
    expect(encodePeft({ ...adapter, tensors: adapter.tensors.toReversed() }, 'some/model')).toEqual(folder);
  });

  it('stand in the names that PEFT uses', () => {
    const config = JSON.parse(fromUtf8(folder[peftFiles.config]));
    expect(config).toMatchObject({
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 4,
      target_modules: ['q_proj', 'down_proj'],
      task_type: 'CAUSAL_LM',
    });
    const { metadata, tensors } = decodeSafetensors(folder[peftFiles.weights]);
    expect(metadata.format).toBe('pt');
    expect(tensors.map(({ name }) => name)).toContain(
      'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
    );
  });

  it('are read as PEFT 0.21 writes them', () => {
    const written = {
      alora_invocation_tokens: null,
      alpha_pattern: {},
      auto_mapping: null,
      base_model_name_or_path: 'some/model',
      bias: 'none',
      ensure_weight_tying: false,
      eva_config: null,
      exclude_modules: null,
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      layer_replication: null,
      layers_pattern: null,
      layers_to_transform: null,
      loftq_config: {},
      lora_alpha: 4,
      lora_bias: false,
      lora_dropout: 0,
      megatron_core: 'megatron.core',
      modules_to_save: null,
      peft_type: 'LORA',
      peft_version: '0.21.2',
      qalora_group_size: 16,
      r: 2,
      rank_pattern: {},
      target_modules: ['down_proj', 'q_proj'],
      target_parameters: null,
      task_type: 'CAUSAL_LM',
      use_dora: false,
      use_rslora: false,
    };
    expect(decodePeft({ ...folder, [peftFiles.config]: utf8(JSON.stringify(written)) })).toEqual(adapter);
  });

  it('may name their modules whole, or by a pattern', () => {
    const whole = ['model.layers.0.self_attn.q_proj', 'model.layers.0.mlp.down_proj'];
    expect(decodePeft(withConfig({ target_modules: whole }))).toEqual(adapter);
    expect(decodePeft(withConfig({ target_modules: '.*_proj' }))).toEqual(adapter);
  });

  it('scale by the root of the rank where they say so', () => {
    expect(decodePeft(withConfig({ use_rslora: true })).shape.alpha).toBeCloseTo(4 * Math.SQRT2, 12);
  });

  it('are read in halves', () => {
    const values = Float32Array.of(0.5, -1.25, 3, 0.125, 2, -8);
    const raw = (dtype: 'F16' | 'BF16') => {
      const entry = (shape: number[], begin: number) => ({ dtype, shape, data_offsets: [begin, begin + 12] });
      const name = (side: 'A' | 'B') => `base_model.model.${peftName(0, 'q', side)}`;
      const header = utf8(JSON.stringify({ [name('A')]: entry([2, 3], 0), [name('B')]: entry([3, 2], 12) }));
      const length = new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer);
      const data = quantise(dtype, values);
      return new Uint8Array(Buffer.concat([length, header, data, data]));
    };
    for (const dtype of ['F16', 'BF16'] as const) {
      const files = { ...withConfig({ target_modules: ['q_proj'] }), [peftFiles.weights]: raw(dtype) };
      expect(decodePeft(files).tensors.map(tensor => tensor.values)).toEqual([values, values]);
    }
  });

  it('without a mode are plain LoRA', () => {
    expect(decodePeft(withTensors(({ tensors }) => tensors)).shape.mode).toBe('lora');
  });

  it.each<[string, Record<string, Uint8Array | undefined>]>([
    ['without weights', { [peftFiles.config]: folder[peftFiles.config] }],
    ['with a configuration that is no JSON', { ...folder, [peftFiles.config]: utf8('{') }],
    ['with a configuration that is null', { ...folder, [peftFiles.config]: utf8('null') }],
    ['with an endless configuration', { ...folder, [peftFiles.config]: new Uint8Array(100_000) }],
    ['of another method', withConfig({ peft_type: 'IA3' })],
    ['with ranks by layer', withConfig({ rank_pattern: { q_proj: 4 } })],
    ['with scales by layer', withConfig({ alpha_pattern: { q_proj: 4 } })],
    ['with magnitudes', withConfig({ use_dora: true })],
    ['with whole modules', withConfig({ modules_to_save: ['lm_head'] })],
    ['on some layers', withConfig({ layers_to_transform: [0] })],
    ['of transposed weights', withConfig({ fan_in_fan_out: true })],
    ['of a changed base model', withConfig({ init_lora_weights: 'pissa_niter_16' })],
    ['with what nobody knows yet', withConfig({ use_newlora: true })],
    ['with biases', withConfig({ bias: 'all' })],
    ['of rank 0', withConfig({ r: 0 })],
    ['of another rank than their tensors', withConfig({ r: 3 })],
    ['without a scale', withConfig({ lora_alpha: 'x' })],
    ['on modules that are not there', withConfig({ target_modules: ['q_proj', 'lm_head'] })],
    ['without modules', withConfig({ target_modules: null })],
    ['on less than their tensors', withConfig({ target_modules: ['q_proj'] })],
    ['without tensors', withTensors(() => [])],
    ['with half a pair', withTensors(({ tensors }) => tensors.slice(1))],
    [
      'with a tensor of another name',
      withTensors(({ tensors }) => [...tensors, { name: 'x', ...matrix(1, 1, 0) }]),
    ],
    [
      'with a value that is no number',
      withTensors(({ tensors }) =>
        tensors.map((tensor, i) =>
          i === 1 ? { ...tensor, values: tensor.values.map(() => Number.NaN) } : tensor,
        ),
      ),
    ],
  ])('%s are refused', (_, files) => {
    expect(() => decodePeft(files)).toThrow(expect.objectContaining({ code: 'adapter/invalid' }));
  });

  it('give typed errors only', () => {
    const config = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json().map(utf8),
      fc
        .dictionary(
          fc.constantFrom('r', 'lora_alpha', 'target_modules', 'bias', 'rank_pattern'),
          fc.jsonValue(),
        )
        .map(changes => withConfig(changes)[peftFiles.config]),
    );
    const weights = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(folder[peftFiles.weights]));
    fc.assert(
      fc.property(config, weights, (configBytes, weightBytes) => {
        try {
          decodePeft({ [peftFiles.config]: configBytes, [peftFiles.weights]: weightBytes });
        } catch (error) {
          expect(
            isSkeinError(error, 'adapter/invalid') || isSkeinError(error, 'safetensors/invalid'),
            String(error),
          ).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

it('parses the names that it makes', () => {
  expect(parseLoraName(peftName(12, 'gate', 'B'))).toEqual({ layer: 12, target: 'gate', matrix: 'B' });
  for (const name of [
    'model.layers.01.self_attn.q_proj.lora_A.weight',
    'model.layers.1.mlp.q_proj.lora_A.weight',
    'x',
  ]) {
    expect(parseLoraName(name)).toBeUndefined();
  }
});
