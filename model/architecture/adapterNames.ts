// The names and shapes of an adapter's tensors, in PEFT's terms, from the decoder's configuration.

import type { AdapterShape, LinearTarget } from '../../proto/messages.js';
import type { DecoderConfig } from './config.js';
import type { AdapterSide } from './graph.js';

export interface AdapterTensor {
  /** PEFT name below `base_model.model.`. */
  readonly name: string;
  readonly layer: number;
  readonly target: LinearTarget;
  readonly side: AdapterSide;
  /** A: [rank, inputs]; B: [outputs, rank]. */
  readonly shape: readonly [number, number];
}

/** The module of each linear below `model.layers.<index>.`, in the order in which a layer computes. */
export const targetModules: Readonly<Record<LinearTarget, string>> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};

export const peftName = (layer: number, target: LinearTarget, side: AdapterSide): string =>
  `model.layers.${layer}.${targetModules[target]}.lora_${side}.weight`;

/** All tensors of an adapter of this shape, in name order (by code units). */
export function adapterTensors(config: DecoderConfig, shape: AdapterShape): AdapterTensor[] {
  const tensors = config.layers.flatMap((weights, layer) =>
    shape.targets.flatMap((target): AdapterTensor[] => {
      const { rows, columns } = weights[target];
      const one = (side: AdapterSide, size: readonly [number, number]): AdapterTensor => ({
        name: peftName(layer, target, side),
        layer,
        target,
        side,
        shape: size,
      });
      return [one('A', [shape.rank, columns]), one('B', [rows, shape.rank])];
    }),
  );
  return tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** More is no low rank, and nobody's; files and requests are held to it before anything is made. */
export const maxRank = 1024;

/**
 * Heads by which B's rows are carried over from PEFT's order, the halves of a head apart, to the model file's, where
 * neighbours turn together; 0 where they stand alike.
 */
export function permutedHeads({ heads, kvHeads, rotaryStyle }: DecoderConfig, target: LinearTarget): number {
  if (rotaryStyle !== 'interleaved') return 0;
  return target === 'q' ? heads : target === 'k' ? kvHeads : 0;
}
