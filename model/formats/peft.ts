// A LoRA adapter as a PEFT folder, to and from: adapter_config.json and adapter_model.safetensors, which PyTorch's PEFT
// loads as they are. Rows stand in Hugging Face's order.

import { fromUtf8, utf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { AdapterMode, LinearTarget, NamedTensor } from '../../proto/messages.js';
import { peftName, targetModules } from '../architecture/adapterNames.js';
import type { Adapter } from '../engine/types.js';
import { decodeSafetensors, encodeSafetensors, type SafetensorsType } from './safetensors.js';

const targets = Object.keys(targetModules) as LinearTarget[];

const namePattern =
  /^model\.layers\.(0|[1-9]\d{0,3})\.((?:self_attn|mlp)\.[a-z]+_proj)\.lora_([AB])\.weight$/;

/** The parts of a name that `peftName` made, or undefined. */
export function parseLoraName(
  name: string,
): { layer: number; target: LinearTarget; matrix: 'A' | 'B' } | undefined {
  const match = namePattern.exec(name);
  const target = targets.find(found => targetModules[found] === match?.[2]);
  return match === null || target === undefined
    ? undefined
    : { layer: Number(match[1]), target, matrix: match[3] as 'A' | 'B' };
}

export const peftFiles = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' } as const;

/** Content by file name. */
export type PeftFolder = Readonly<Record<(typeof peftFiles)[keyof typeof peftFiles], Uint8Array>>;

const prefix = 'base_model.model.';
const maxConfigBytes = 1 << 16;

/** PEFT knows no FFA: a reader that must go on training finds the mode in the weights' metadata. */
const modeKey = 'skein.mode';
const modes: readonly AdapterMode[] = ['lora', 'ffa'];

const invalid = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('adapter/invalid', message, { cause });

const moduleName = (target: LinearTarget): string => targetModules[target].replace(/^.*\./, '');

/** The same adapter gives the same bytes. `baseModel` is what PEFT shows as the model's name. */
export function encodePeft(
  { shape, tensors }: Adapter,
  baseModel: string,
  dtype: SafetensorsType = 'F32',
): PeftFolder {
  const config = {
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: shape.alpha,
    lora_dropout: 0,
    peft_type: 'LORA',
    r: shape.rank,
    target_modules: targets.filter(target => shape.targets.includes(target)).map(moduleName),
    task_type: 'CAUSAL_LM',
  };
  const named = tensors.map(tensor => ({ ...tensor, name: prefix + tensor.name }));
  return {
    [peftFiles.config]: utf8(`${JSON.stringify(config, null, 2)}\n`),
    [peftFiles.weights]: encodeSafetensors(named, { format: 'pt', [modeKey]: shape.mode }, dtype),
  };
}

interface Config {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly LinearTarget[];
}

const isFilled = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(typeof value === 'object' && Object.keys(value).length === 0);

/** Options of PEFT that change what an adapter computes, and that Skein does not have. */
const unsupported = [
  'rank_pattern',
  'alpha_pattern',
  'use_rslora',
  'use_dora',
  'use_qalora',
  'use_bdlora',
  'fan_in_fan_out',
  'modules_to_save',
  'lora_bias',
  'layer_replication',
  'alora_invocation_tokens',
  'target_parameters',
  'trainable_token_indices',
  'velora_config',
] as const;

function readConfig(bytes: Uint8Array): Config {
  if (bytes.length > maxConfigBytes) throw invalid(`${peftFiles.config} has ${bytes.length} bytes.`);
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(fromUtf8(bytes)) as Record<string, unknown>;
  } catch (cause) {
    throw invalid(`${peftFiles.config} is not JSON.`, cause);
  }
  if (typeof config !== 'object' || config === null || config.peft_type !== 'LORA')
    throw invalid('The adapter is not a LoRA adapter.');
  const strange = unsupported.filter(key => isFilled(config[key]));
  if (strange.length > 0) throw invalid(`The adapter uses ${strange.join(', ')}, which Skein does not.`);
  const { r: rank, lora_alpha: alpha, target_modules: modules, bias = 'none' } = config;
  if (bias !== 'none') throw invalid('The adapter has biases.');
  if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1 || rank > 1024)
    throw invalid('r is not a rank from 1 to 1024.');
  if (typeof alpha !== 'number' || !(alpha > 0 && alpha <= 1e6))
    throw invalid('lora_alpha is not a positive number.');
  if (!Array.isArray(modules)) throw invalid('target_modules is not a list.');
  const found = targets.filter(target => modules.includes(moduleName(target)));
  if (found.length === 0 || found.length !== modules.length)
    throw invalid(`target_modules are not some of ${targets.map(moduleName).join(', ')}.`);
  return { rank, alpha, targets: found };
}

/** Name below the prefix; A and B of one linear must both be there, of the rank, and finite. */
function checkTensors(tensors: readonly NamedTensor[], config: Config): void {
  const names = new Set(tensors.map(({ name }) => name));
  if (tensors.length === 0) throw invalid('The adapter has no tensors.');
  for (const { name, shape, values } of tensors) {
    const parsed = parseLoraName(name);
    if (parsed === undefined || !config.targets.includes(parsed.target))
      throw invalid(
        `Tensor ${JSON.stringify(name.slice(0, 200))} is none of a LoRA adapter on ${config.targets.join(', ')}.`,
      );
    const { layer, target, matrix } = parsed;
    if (!names.has(peftName(layer, target, matrix === 'A' ? 'B' : 'A')))
      throw invalid(`${name} stands alone, without its other matrix.`);
    if (shape.length !== 2 || shape[matrix === 'A' ? 0 : 1] !== config.rank)
      throw invalid(`${name} is of the shape ${shape.join(' x ')}, the rank is ${config.rank}.`);
    if (!values.every(Number.isFinite)) throw invalid(`${name} has values that are no numbers.`);
  }
}

/**
 * Throws `adapter/invalid` or `safetensors/invalid`. Whether the shapes fit a model is seen when the model loads it.
 * Folders that PEFT wrote carry no mode: they are `lora`.
 */
export function decodePeft(files: Readonly<Record<string, Uint8Array | undefined>>): Adapter {
  const [configBytes, weightBytes] = [files[peftFiles.config], files[peftFiles.weights]];
  if (configBytes === undefined || weightBytes === undefined)
    throw invalid(`The folder lacks ${peftFiles.config} or ${peftFiles.weights}.`);
  const config = readConfig(configBytes);
  const { metadata, tensors: stored } = decodeSafetensors(weightBytes);
  const mode = modes.find(known => known === (metadata[modeKey] ?? 'lora'));
  if (mode === undefined)
    throw invalid(`The adapter's mode ${JSON.stringify(metadata[modeKey])} is not known.`);
  const tensors = stored.map(tensor => {
    if (!tensor.name.startsWith(prefix))
      throw invalid(`Tensor ${JSON.stringify(tensor.name.slice(0, 200))} is not named as PEFT names it.`);
    return { ...tensor, name: tensor.name.slice(prefix.length) };
  });
  checkTensors(tensors, config);
  return { shape: { mode, rank: config.rank, alpha: config.alpha, targets: config.targets }, tensors };
}
