// The adapter in training: all its tensors in one flat array for the optimiser, in the model file's row order.

import { SeededRandom } from '../../core/random.js';
import type { AdapterShape, NamedTensor } from '../../proto/messages.js';
import { type AdapterTensor, adapterTensors, permutedHeads } from '../architecture/adapterNames.js';
import type { DecoderConfig } from '../architecture/config.js';
import { ggufToHuggingFace, huggingFaceToGguf } from '../formats/rotaryRows.js';

export interface FlatTensor extends AdapterTensor {
  readonly offset: number;
  readonly size: number;
}

/** Where each tensor of an adapter stands in a flat array: the trained ones first, each part in name order. */
export class AdapterLayout {
  readonly tensors: readonly FlatTensor[];
  /** Values of the trained tensors, and of all. */
  readonly trainedSize: number;
  readonly size: number;
  readonly #config: DecoderConfig;

  constructor(config: DecoderConfig, shape: AdapterShape) {
    const all = adapterTensors(config, shape);
    const trained = (tensor: AdapterTensor): boolean => shape.mode === 'lora' || tensor.side === 'B';
    let offset = 0;
    this.tensors = [...all.filter(trained), ...all.filter(tensor => !trained(tensor))].map(tensor => {
      const size = tensor.shape[0] * tensor.shape[1];
      offset += size;
      return { ...tensor, offset: offset - size, size };
    });
    this.size = offset;
    this.trainedSize = this.tensors.filter(trained).reduce((sum, tensor) => sum + tensor.size, 0);
    this.#config = config;
  }

  /** Names and row order of PEFT, in name order; of those that `flat` reaches to. */
  unpack(flat: Float32Array): NamedTensor[] {
    const within = this.tensors.filter(tensor => tensor.offset < flat.length);
    return within
      .map(({ name, shape, offset, size, ...tensor }) => {
        const values = flat.slice(offset, offset + size);
        const heads = this.#permutedHeads(tensor);
        return { name, shape, values: heads === 0 ? values : ggufToHuggingFace(values, shape[0], heads) };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The inverse of `unpack`; false where names or sizes are not the layout's, and then nothing is changed. */
  pack(named: readonly NamedTensor[], flat: Float32Array): boolean {
    const within = this.tensors.filter(tensor => tensor.offset < flat.length);
    const given = new Map(named.map(tensor => [tensor.name, tensor.values]));
    const fits =
      named.length === within.length && within.every(({ name, size }) => given.get(name)?.length === size);
    if (!fits) return false;
    for (const tensor of within) {
      const values = given.get(tensor.name) as Float32Array;
      const heads = this.#permutedHeads(tensor);
      flat.set(heads === 0 ? values : huggingFaceToGguf(values, tensor.shape[0], heads), tensor.offset);
    }
    return true;
  }

  #permutedHeads({ target, side }: Pick<AdapterTensor, 'target' | 'side'>): number {
    return side === 'A' ? 0 : permutedHeads(this.#config, target);
  }
}

/**
 * A fresh adapter: B zero, so that the model starts as it was; A drawn by the public seed, tensor after tensor in name
 * order, uniform within 2^-e, the power of two nearest to 1 / sqrt(inputs) (He et al., arXiv 1502.01852, as PEFT draws
 * it). 24 bits of an integer generator scaled by a power of two: every machine draws the same floats.
 */
export function freshAdapter(config: DecoderConfig, shape: AdapterShape, seed: number): NamedTensor[] {
  const random = new SeededRandom(seed);
  return adapterTensors(config, shape).map(({ name, side, shape: size }) => {
    const values = new Float32Array(size[0] * size[1]);
    if (side === 'A') {
      const unit = 2 ** (-23 - Math.round(Math.log2(size[1]) / 2));
      for (let i = 0; i < values.length; i++) values[i] = ((random.uint32() >>> 8) - 2 ** 23) * unit;
    }
    return { name, shape: size, values };
  });
}
