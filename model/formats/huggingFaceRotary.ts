// The rotary embedding of a config.json in GGUF's terms. transformers 5 writes `rope_parameters` (by kind of layer where there
// are two), earlier ones `rope_theta`, `rope_scaling` and `rope_local_base_freq`.

import type { HuggingFaceFamily } from './huggingFaceFamilies.js';
import { type Fields, fieldsOf, type JsonObject, type Refusal, shown } from './json.js';

export interface HuggingFaceRotary {
  /** Keys without the architecture. */
  readonly entries: readonly (readonly [key: string, value: unknown])[];
  /** What GGUF keeps as the tensor `rope_freqs.weight`: one for each pair of a head's values. */
  readonly divisors: Float32Array | undefined;
}

interface Refusals {
  readonly invalid: Refusal;
  readonly unsupported: (message: string) => Error;
}

export function readRotary(
  fields: Fields,
  family: HuggingFaceFamily,
  headSize: number,
  { invalid, unsupported }: Refusals,
): HuggingFaceRotary {
  const within = (object: JsonObject | undefined, what: string): Fields =>
    fieldsOf(object ?? {}, `config.json: ${what}`, invalid);
  const parameters = fields.object('rope_parameters');
  const outer = within(parameters, 'rope_parameters');
  const whole = within(outer.object('full_attention') ?? parameters, 'rope_parameters');
  const sliding = within(outer.object('sliding_attention'), 'rope_parameters.sliding_attention');
  const older = within(fields.object('rope_scaling'), 'rope_scaling');
  for (const one of [fields, whole, sliding, older]) {
    if ((one.positive('partial_rotary_factor') ?? 1) !== 1)
      throw unsupported('rotation of a part of each head is not built.');
  }
  const kindOf = (one: Fields): string => one.text('rope_type') ?? one.text('type') ?? 'default';
  if (kindOf(sliding) !== 'default') throw unsupported('scaled rotation of windowed layers is not built.');
  const base = whole.positive('rope_theta') ?? fields.positive('rope_theta') ?? family.rotaryBase;
  const local = sliding.positive('rope_theta') ?? fields.positive('rope_local_base_freq');
  const bases: HuggingFaceRotary['entries'] = [
    ['rope.freq_base', base],
    ...(local === undefined ? [] : [['rope.freq_base_swa', local] as const]),
  ];

  const scaling = kindOf(whole) === 'default' ? older : whole;
  const kind = kindOf(scaling);
  const needed = (key: string): number => {
    const value = scaling.positive(key);
    if (value === undefined) throw invalid(`config.json: rotary scaling of the kind ${kind} has no ${key}.`);
    return value;
  };
  if (kind === 'default') return { entries: bases, divisors: undefined };
  if (kind === 'linear') {
    const entries = [
      ...bases,
      ['rope.scaling.type', 'linear'],
      ['rope.scaling.factor', needed('factor')],
    ] as const;
    return { entries, divisors: undefined };
  }
  if (kind !== 'llama3') throw unsupported(`rotary scaling of the kind ${shown(kind)} is not built.`);
  return {
    entries: bases,
    divisors: llama3Divisors(base, headSize, {
      factor: needed('factor'),
      low: needed('low_freq_factor'),
      high: needed('high_freq_factor'),
      trained: needed('original_max_position_embeddings'),
    }),
  };
}

/**
 * Llama 3 divides slow frequencies by a factor, leaves fast ones, and goes over smoothly between: by how often a frequency
 * turned within the context that the model was trained on first (transformers' modeling_rope_utils.py).
 */
function llama3Divisors(
  base: number,
  headSize: number,
  { factor, low, high, trained }: { factor: number; low: number; high: number; trained: number },
): Float32Array {
  return Float32Array.from({ length: headSize / 2 }, (_, i) => {
    const turns = trained / (2 * Math.PI * base ** ((2 * i) / headSize));
    if (turns < low) return factor;
    if (turns > high) return 1;
    const share = (turns - low) / (high - low);
    return 1 / ((1 - share) / factor + share);
  });
}
