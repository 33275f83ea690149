// Reverse mode over a whole decoder: every adapter weight's gradient against central differences of the loss.

import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../core/random.js';
import { readConfig } from '../../../model/architecture/config.js';
import { type DecoderGraph, decoderGraph } from '../../../model/architecture/decoder.js';
import { families } from '../../../model/architecture/families/index.js';
import { llama } from '../../../model/architecture/families/llama.js';
import type { Node, Value } from '../../../model/architecture/graph.js';
import { type BackwardGraph, backward } from '../../../model/autodiff/backward.js';
import type { AdapterShape, LinearTarget } from '../../../proto/messages.js';
import { evaluate, type ReferenceInputs } from '../../helpers/reference.js';
import { tinyHeader } from '../architecture/tinyHeader.js';

const config = readConfig(tinyHeader());
const all: readonly LinearTarget[] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];

function inputsFor(graph: DecoderGraph, seed: number, family = llama): ReferenceInputs {
  const random = new SeededRandom(seed);
  const draw = (count: number, size: number): Float64Array =>
    Float64Array.from({ length: count }, () => size * (random.uint32() / 2 ** 31 - 1));
  const { tensors } = tinyHeader(family);
  const parameters = graph.nodes
    .filter(node => node.kind === 'parameter')
    .map(node => node.outputs[0] as Value);
  return {
    weights: new Map(
      [...tensors].map(([name, { shape }]) => [
        name,
        draw(
          shape.reduce((a, b) => a * b),
          0.7,
        ),
      ]),
    ),
    embeddings: draw(7 * config.hidden, 1),
    parameters: new Map(
      parameters.map(value => [value.id, draw((value.shape[0] as number) * (value.shape[1] as number), 0.5)]),
    ),
    positions: [0, 1, 2, 3, 0, 1, 2],
    examples: [0, 0, 0, 0, 1, 1, 1],
    labels: [2, 3, 5],
    targets: [1, 4, 10],
  };
}

const lossOf = (graph: DecoderGraph, inputs: ReferenceInputs): number =>
  evaluate(graph, inputs).get(graph.loss.id)?.[0] as number;

function gradientsOf(forward: DecoderGraph, back: BackwardGraph, inputs: ReferenceInputs) {
  const values = evaluate(back, inputs, evaluate(forward, inputs));
  return back.gradients.map(({ parameter, gradient }) => ({
    parameter,
    values: values.get(gradient.id) as Float64Array,
  }));
}

const shapeOf = (targets: readonly LinearTarget[], mode: AdapterShape['mode'] = 'lora'): AdapterShape => ({
  mode,
  rank: 2,
  alpha: 3,
  targets,
});

/** Every element of every gradient. */
function checkGradients(forward: DecoderGraph, inputs: ReferenceInputs, count: number): void {
  const gradients = gradientsOf(forward, backward(forward), inputs);
  expect(gradients).toHaveLength(count);
  for (const { parameter, values } of gradients) {
    const weights = inputs.parameters.get((parameter.outputs[0] as Value).id) as Float64Array;
    for (let i = 0; i < weights.length; i++) {
      const [before, h] = [weights[i] as number, 1e-5];
      weights[i] = before + h;
      const above = lossOf(forward, inputs);
      weights[i] = before - h;
      const below = lossOf(forward, inputs);
      weights[i] = before;
      expect(Math.abs((values[i] as number) - (above - below) / (2 * h))).toBeLessThan(1e-6);
    }
  }
}

describe('backward', () => {
  test.each([
    ['all targets', all],
    ['q and v', ['q', 'v'] as const],
    ['down alone', ['down'] as const],
  ])('agrees with central differences: %s', (_, targets) => {
    const forward = decoderGraph(config, shapeOf(targets));
    checkGradients(forward, inputsFor(forward, 5), config.layers.length * targets.length * 2);
  });

  test.each(families)('agrees with central differences: all targets of $architecture', family => {
    const forward = decoderGraph(readConfig(tinyHeader(family)), shapeOf(all));
    checkGradients(forward, inputsFor(forward, 8, family), 2 * all.length * 2);
  });

  test('frozen A has no gradient and the rest is the same', () => {
    const lora = decoderGraph(config, shapeOf(['q', 'v']));
    const ffa = decoderGraph(config, shapeOf(['q', 'v'], 'ffa'));
    const inputs = inputsFor(lora, 6);
    const ofB = gradientsOf(lora, backward(lora), inputs).filter(({ parameter }) => parameter.side === 'B');
    const found = gradientsOf(ffa, backward(ffa), inputs);
    expect(found.map(({ parameter }) => parameter.side)).not.toContain('A');
    expect(found.map(one => [...one.values])).toEqual(ofB.map(one => [...one.values]));
  });

  test('stops at the lowest adapted layer', () => {
    const back = backward(decoderGraph(config, shapeOf(['q', 'v'])));
    const touched = back.nodes
      .filter((node): node is Node<'normGradient'> => node.kind === 'normGradient')
      .map(node => node.weight);
    expect(touched).toContain('blk.1.attn_norm.weight');
    expect(touched).toContain('blk.0.ffn_norm.weight');
    expect(touched).not.toContain('blk.0.attn_norm.weight');
  });

  test('without adapters there is nothing to compute', () => {
    expect(backward(decoderGraph(config))).toEqual({ nodes: [], gradients: [] });
  });

  test('packed examples do not see each other', () => {
    const forward = decoderGraph(config, shapeOf(['q']));
    const inputs = inputsFor(forward, 7);
    const part = (
      from: number,
      to: number,
      labels: readonly number[],
      targets: readonly number[],
    ): ReferenceInputs => ({
      ...inputs,
      embeddings: inputs.embeddings.slice(from * config.hidden, to * config.hidden),
      positions: inputs.positions.slice(from, to),
      examples: inputs.examples.slice(from, to),
      labels,
      targets,
    });
    const apart = lossOf(forward, part(0, 4, [2, 3], [1, 4])) + lossOf(forward, part(4, 7, [1], [10]));
    expect(lossOf(forward, inputs)).toBeCloseTo(apart, 12);
  });
});
