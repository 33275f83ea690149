// A trainer's state as bytes, in the safetensors format: what a later process needs to go on bit by bit the same.
//
// Tensors: `weights.NAME`; `memory.NAME`, what the optimiser keeps; `pending.NAME`, the gradient that is accumulated but not
// yet a step; `more.NAME`, the caller's own. Metadata: format, version, step, optimiser, and the counts that belong to the pending gradient.

import { SkeinError } from '../../core/errors.js';
import type { NamedTensor } from '../../proto/messages.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import { optimizerKinds } from './optimizer.js';
import type { PendingGradient, TrainerState } from './types.js';

const format = 'skein-trainer';
const version = '2';
const parts = ['weights', 'memory', 'pending', 'more'] as const;
type Part = (typeof parts)[number];

/** What the caller keeps beside the state: metadata under keys that stand here nowhere, and tensors. */
export interface Companions {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly NamedTensor[];
}

export function encodeTrainerState(
  state: TrainerState,
  more: Companions = { metadata: {}, tensors: [] },
): Uint8Array {
  const under = (part: Part, tensors: readonly NamedTensor[]): NamedTensor[] =>
    tensors.map(tensor => ({ ...tensor, name: `${part}.${tensor.name}` }));
  const { gradient, ...counts } = state.pending ?? { gradient: [] };
  return encodeSafetensors(
    [
      ...under('weights', state.weights),
      ...under('memory', state.memory),
      ...under('pending', gradient),
      ...under('more', more.tensors),
    ],
    {
      ...more.metadata,
      format,
      version,
      step: String(state.step),
      optimizer: state.optimizer,
      ...(state.pending !== null && { pending: JSON.stringify(counts) }),
    },
  );
}

/** Throws `checkpoint/invalid`. Whether the state fits a trainer is seen when it is restored. */
export function decodeTrainerState(bytes: Uint8Array): { state: TrainerState; more: Companions } {
  const { metadata, tensors } = decoded(bytes);
  if (metadata.format !== format || metadata.version !== version) throw invalid('it is of another kind');
  const lists: Record<Part, NamedTensor[]> = { weights: [], memory: [], pending: [], more: [] };
  for (const tensor of tensors) {
    const part = parts.find(one => tensor.name.startsWith(`${one}.`));
    if (part === undefined) throw invalid('a tensor is of no known part');
    if (!tensor.values.every(Number.isFinite)) throw invalid('a value is not finite');
    lists[part].push({ ...tensor, name: tensor.name.slice(part.length + 1) });
  }
  const optimizer = optimizerKinds.find(kind => kind === metadata.optimizer);
  if (optimizer === undefined) throw invalid('its optimiser is not known');
  const step = Number(metadata.step);
  if (!/^\d{1,15}$/.test(metadata.step ?? '')) throw invalid('its step is no number');
  const pending = metadata.pending === undefined ? null : readPending(metadata.pending, lists.pending);
  if (pending === null && lists.pending.length > 0) throw invalid('a gradient has no counts');
  const { weights, memory, more } = lists;
  return { state: { step, optimizer, weights, memory, pending }, more: { metadata, tensors: more } };
}

function decoded(bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    throw invalid('it is not whole', cause);
  }
}

function readPending(text: string, gradient: readonly NamedTensor[]): PendingGradient {
  let counts: Partial<Record<string, unknown>>;
  try {
    counts = (JSON.parse(text) ?? {}) as typeof counts;
  } catch (cause) {
    throw invalid('the counts of its gradient are no JSON', cause);
  }
  const { loss, weight, labelWeight, tokens, answerTokens, per } = counts;
  const sound =
    typeof loss === 'number' &&
    [weight, labelWeight].every(divisor => typeof divisor === 'number' && divisor > 0) &&
    [tokens, answerTokens].every(count => Number.isSafeInteger(count) && (count as number) >= 0) &&
    (per === 'token' || per === 'example');
  if (!sound) throw invalid('the counts of its gradient are not usable');
  return { gradient, loss, weight, labelWeight, tokens, answerTokens, per } as PendingGradient;
}

const invalid = (why: string, cause?: unknown): SkeinError =>
  new SkeinError('checkpoint/invalid', `The checkpoint is not usable: ${why}.`, { cause });
