// Which tensors of an adapter travel in an update.

import type { AdapterMode } from '../../proto/messages.js';

export interface TensorShape {
  /** PEFT name below `base_model.model.`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** In FFA mode (Sun et al., 2024, arXiv 2403.12313) every device draws the same A and keeps it: B alone travels. */
export const travels = (mode: AdapterMode, name: string): boolean =>
  mode === 'lora' || name.endsWith('.lora_B.weight');

/** What an update carries, of all the adapter's tensors; the order stays. */
export const updateTensors = <T extends { readonly name: string }>(
  mode: AdapterMode,
  adapter: readonly T[],
): readonly T[] => adapter.filter(({ name }) => travels(mode, name));

/** Values in the tensors. */
export const countValues = (tensors: readonly { readonly shape: readonly number[] }[]): number =>
  tensors.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
