// LoRA adapters that stay resident: checked against the model, carried to its row order, joined as the graph takes them.

import { SkeinError } from '../../core/errors.js';
import type { AdapterShape, LinearTarget, NamedTensor } from '../../proto/messages.js';
import {
  adapterTensors,
  maxRank,
  peftName,
  permutedHeads,
  targetModules,
} from '../architecture/adapterNames.js';
import type { DecoderConfig } from '../architecture/config.js';
import { huggingFaceToGguf } from '../formats/rotaryRows.js';
import type { AdapterGroup } from '../lowering/inference.js';
import { Tensor } from '../runtime/index.js';
import type { Adapter, LoadedAdapter } from './types.js';

/** Throws `adapter/invalid` for a shape that no adapter can have, before anything is made of it. */
export function checkShape({ mode, rank, alpha, targets }: AdapterShape): void {
  const problems = [
    mode === 'lora' || mode === 'ffa' || `The mode ${String(mode)} is neither lora nor ffa.`,
    (Number.isInteger(rank) && rank >= 1 && rank <= maxRank) ||
      `The rank is ${rank}, not a whole number from 1 to ${maxRank}.`,
    (Number.isFinite(alpha) && alpha > 0) || `alpha is ${alpha}, not a number above 0.`,
    targets.length > 0 || 'The adapter has no targets.',
    targets.every(target => Object.hasOwn(targetModules, target)) ||
      `The targets ${targets.join(', ')} are not all of ${Object.keys(targetModules).join(', ')}.`,
    new Set(targets).size === targets.length || `A target stands twice in ${targets.join(', ')}.`,
  ];
  const problem = problems.find(one => one !== true);
  if (problem !== undefined) throw new SkeinError('adapter/invalid', String(problem));
}

/** Throws `adapter/invalid` where names, shapes or values are not those of an adapter for this model. */
export function checkAdapter(
  config: DecoderConfig,
  { shape, tensors }: Adapter,
): ReadonlyMap<string, NamedTensor> {
  checkShape(shape);
  const given = new Map(tensors.map(tensor => [tensor.name, tensor]));
  const expected = adapterTensors(config, shape);
  if (given.size !== expected.length || tensors.length !== expected.length) {
    throw new SkeinError(
      'adapter/invalid',
      `The adapter has ${tensors.length} tensors, not ${expected.length}.`,
    );
  }
  for (const { name, shape: size } of expected) {
    const tensor = given.get(name);
    if (tensor === undefined) throw new SkeinError('adapter/invalid', `The adapter lacks ${name}.`);
    const fits = tensor.shape.length === 2 && tensor.shape[0] === size[0] && tensor.shape[1] === size[1];
    if (!fits || tensor.values.length !== size[0] * size[1]) {
      const message = `${name} is [${tensor.shape.join(', ')}], not [${size.join(', ')}].`;
      throw new SkeinError('adapter/invalid', message);
    }
    if (!tensor.values.every(Number.isFinite)) {
      throw new SkeinError('adapter/invalid', `${name} has values that are not finite.`);
    }
  }
  return given;
}

export class ResidentAdapter implements LoadedAdapter {
  /** Which graph takes it: one for each set of targets. */
  readonly targets: readonly LinearTarget[];
  /** By the name of the graph's input, at scale 1. */
  readonly #tensors: ReadonlyMap<string, Tensor>;
  /** B at the other scale that was asked for last. */
  #scaled: { readonly scale: number; readonly B: ReadonlyMap<string, Tensor> } | undefined;
  /** The model that it was loaded into. */
  readonly owner: object;
  readonly #onRelease: (adapter: ResidentAdapter) => void;
  #released = false;

  constructor(
    owner: object,
    config: DecoderConfig,
    adapter: Adapter,
    groups: readonly AdapterGroup[],
    onRelease: (adapter: ResidentAdapter) => void,
  ) {
    const given = checkAdapter(config, adapter);
    this.owner = owner;
    this.targets = adapter.shape.targets;
    this.#tensors = new Map(groups.flatMap(group => joined(config, adapter, given, group)));
    this.#onRelease = onRelease;
  }

  get released(): boolean {
    return this.#released;
  }

  /**
   * What the graph is fed where the adapter counts `scale` times; they stand until another scale or the release, and
   * longer where they are bound. `engine/closed` after the release.
   */
  tensors(scale: number): ReadonlyMap<string, Tensor> {
    if (this.#released) throw new SkeinError('engine/closed', 'The adapter was released.');
    if (scale === 1) return this.#tensors;
    if (this.#scaled?.scale !== scale) {
      this.#closeScaled();
      const B = [...this.#tensors].filter(([name]) => name.endsWith('.B'));
      this.#scaled = { scale, B: new Map(B.map(([name, tensor]) => [name, times(tensor, scale)])) };
    }
    return new Map([...this.#tensors, ...this.#scaled.B]);
  }

  /** Runs under way keep what they use. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const tensor of this.#tensors.values()) tensor.close();
    this.#closeScaled();
    this.#onRelease(this);
  }

  #closeScaled(): void {
    for (const tensor of this.#scaled?.B.values() ?? []) tensor.close();
    this.#scaled = undefined;
  }
}

function times(tensor: Tensor, scale: number): Tensor {
  const values = tensor.data as Float32Array;
  return new Tensor(
    'float32',
    values.map(value => value * scale),
    tensor.shape,
  );
}

/** The adapters of a stack side by side: A's rows below each other, B block by block, scaled by alpha / rank. */
function joined(
  config: DecoderConfig,
  { shape }: Adapter,
  given: ReadonlyMap<string, NamedTensor>,
  group: AdapterGroup,
): [string, Tensor][] {
  const { rank } = shape;
  const scale = shape.alpha / rank;
  const inner = rank * group.parts.filter(part => part.adapted).length;
  const rows = group.parts.reduce((sum, part) => sum + part.rows, 0);
  const A = Tensor.zeros('float32', [inner, group.columns]);
  const B = Tensor.zeros('float32', [rows, inner]);
  let firstRow = 0;
  let firstInner = 0;
  for (const part of group.parts) {
    if (part.adapted) {
      const values = (side: 'A' | 'B'): Float32Array =>
        (given.get(peftName(group.layer, part.target, side)) as NamedTensor).values;
      A.data.set(values('A'), firstInner * group.columns);
      const heads = permutedHeads(config, part.target);
      const own = heads === 0 ? values('B') : huggingFaceToGguf(values('B'), part.rows, heads);
      for (let row = 0; row < part.rows; row++) {
        for (let i = 0; i < rank; i++) {
          B.data[(firstRow + row) * inner + firstInner + i] = (own[row * rank + i] as number) * scale;
        }
      }
      firstInner += rank;
    }
    firstRow += part.rows;
  }
  return [
    [group.A, A],
    [group.B, B],
  ];
}
