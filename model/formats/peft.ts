// A LoRA adapter as a PEFT folder, to and from: adapter_config.json and adapter_model.safetensors, which PyTorch's PEFT
// loads as they are. Rows stand in Hugging Face's order.

import { utf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { AdapterMode, LinearTarget, NamedTensor } from '../../proto/messages.js';
import { maxRank, peftName, targetModules } from '../architecture/adapterNames.js';
import type { Adapter } from '../engine/types.js';
import { fieldsOf, parseObject, shown } from './json.js';
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

/** What is read, and what says nothing about the result of an adapter that is loaded. */
const known = new Set([
  ...['peft_type', 'r', 'lora_alpha', 'use_rslora', 'target_modules', 'bias', 'init_lora_weights'],
  ...['auto_mapping', 'base_model_name_or_path', 'inference_mode', 'peft_version', 'revision', 'task_type'],
  // Of training alone, or of options that are refused themselves.
  ...['lora_dropout', 'ensure_weight_tying', 'megatron_core', 'qalora_group_size', 'eva_config'],
  // Which modules it is on, the tensors themselves say.
  ...['exclude_modules', 'layers_pattern'],
]);

/** Starts that leave the base model as it is. PiSSA, OLoRA, LoftQ and their like train beside a changed one. */
const plainStarts: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'orthogonal', 'eva'];

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

interface Config {
  readonly rank: number;
  /** As for a scale of alpha / rank. */
  readonly alpha: number;
  /** Names or ends of names of modules; undefined where it is a pattern. */
  readonly modules: readonly string[] | undefined;
}

/** Whatever is set beyond what is known here may change what the adapter computes, and is refused. */
function readConfig(bytes: Uint8Array): Config {
  const config = parseObject(bytes, maxConfigBytes, peftFiles.config, invalid);
  const fields = fieldsOf(config, peftFiles.config, invalid);
  if (fields.text('peft_type') !== 'LORA') throw invalid('The adapter is not a LoRA adapter.');
  const strange = Object.keys(config).filter(key => !known.has(key) && !isEmpty(config[key]));
  if (strange.length > 0) {
    const listed = strange.slice(0, 5).map(key => key.slice(0, 80));
    throw invalid(`The adapter uses ${listed.join(', ')}, which Skein does not.`);
  }
  if ((fields.text('bias') ?? 'none') !== 'none') throw invalid('The adapter has biases.');
  if (!plainStarts.includes(config.init_lora_weights))
    throw invalid(
      `init_lora_weights is ${shown(config.init_lora_weights)}: it changes the base model. Convert it in PEFT to plain LoRA first.`,
    );
  const rank = fields.whole('r', maxRank);
  const alpha = fields.positive('lora_alpha');
  if (rank === undefined || alpha === undefined || alpha > 1e6)
    throw invalid(`r is no rank from 1 to ${maxRank}, or lora_alpha no number up to 1,000,000.`);
  const modules = typeof config.target_modules === 'string' ? undefined : fields.texts('target_modules');
  if (modules === undefined && typeof config.target_modules !== 'string')
    throw invalid('target_modules is missing.');
  // Rank-stabilised LoRA (Kalajdzievski, arXiv 2312.03732) scales by alpha / sqrt(rank).
  return { rank, alpha: fields.flag('use_rslora') === true ? alpha * Math.sqrt(rank) : alpha, modules };
}

/** Those that have tensors, in the order of all. PEFT names modules by their ends, or whole for each layer. */
function targetsOf(tensors: readonly NamedTensor[], { modules }: Config): LinearTarget[] {
  const there = new Set(tensors.map(({ name }) => parseLoraName(name)?.target));
  const found = targets.filter(target => there.has(target));
  const ends = new Set(modules?.map(module => module.replace(/^.*\./, '')) ?? found.map(moduleName));
  const other =
    [...ends].find(end => !found.some(target => moduleName(target) === end)) ??
    found.map(moduleName).find(name => !ends.has(name));
  if (other !== undefined)
    throw invalid(`target_modules and the tensors do not agree on ${other.slice(0, 80)}.`);
  return found;
}

/** Name below the prefix; A and B of one linear must both be there, of the rank, and finite. */
function checkTensors(tensors: readonly NamedTensor[], { rank }: Config): void {
  const names = new Set(tensors.map(({ name }) => name));
  if (tensors.length === 0) throw invalid('The adapter has no tensors.');
  for (const { name, shape, values } of tensors) {
    const parsed = parseLoraName(name);
    if (parsed === undefined)
      throw invalid(
        `Tensor ${JSON.stringify(name.slice(0, 200))} is none of a LoRA adapter on ${targets.map(moduleName).join(', ')}.`,
      );
    const { layer, target, matrix } = parsed;
    if (!names.has(peftName(layer, target, matrix === 'A' ? 'B' : 'A')))
      throw invalid(`${name} stands alone, without its other matrix.`);
    if (shape.length !== 2 || shape[matrix === 'A' ? 0 : 1] !== rank)
      throw invalid(`${name} is of the shape ${shape.join(' x ')}, the rank is ${rank}.`);
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
  const { rank, alpha } = config;
  return { shape: { mode, rank, alpha, targets: targetsOf(tensors, config) }, tensors };
}
