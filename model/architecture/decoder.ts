// One transformer decoder as an intermediate graph: the only description of it, for inference and for training.

import type { AdapterShape, LinearTarget } from '../../proto/messages.js';
import { GraphBuilder } from './builder.js';
import type { DecoderConfig, Layer } from './config.js';
import type { FrozenWeight, Graph, Value } from './graph.js';

export interface DecoderGraph extends Graph {
  /** The residual stream before each layer, and after the last: `cuts[layer]`. Nothing else crosses a layer's border. */
  readonly cuts: readonly Value[];
  /** [labels, vocabulary], at the label positions. */
  readonly logits: Value;
  /** Weighted sum over the labels of cross-entropy, and of what a teacher adds; a scalar. */
  readonly loss: Value;
  readonly valueCount: number;
}

/** A loss that compares with a teacher's logits too, both at this temperature. */
export interface TeacherForm {
  readonly temperature: number;
}

/**
 * Pre-norm decoder: x += attention(norm(x)); x += mlp(norm(x)); head(norm(x)) at the label positions. Where the layer has
 * the norms, what is added is normalised first, and so are the heads of q and k.
 * With `adapter`, each of its targets in each layer has a LoRA beside it; `ffa` freezes A (Sun et al., arXiv 2403.12313).
 */
export function decoderGraph(
  config: DecoderConfig,
  adapter?: AdapterShape,
  teacher?: TeacherForm,
): DecoderGraph {
  const graph = new GraphBuilder();

  const norm = (x: Value, weight: string | undefined, width = config.hidden): Value =>
    weight === undefined
      ? x
      : graph.one({ kind: 'norm', inputs: { x }, weight, epsilon: config.normEpsilon, width }, x.shape);

  const adapterOf = (
    x: Value,
    layer: number,
    target: LinearTarget,
    weight: FrozenWeight,
    shape: AdapterShape,
  ): Value => {
    const parameter = (side: 'A' | 'B', ...size: number[]): Value =>
      graph.one(
        {
          kind: 'parameter',
          inputs: {},
          layer,
          target,
          side,
          trained: side === 'B' || shape.mode === 'lora',
        },
        size,
      );
    const A = parameter('A', shape.rank, weight.columns);
    const B = parameter('B', weight.rows, shape.rank);
    const scale = shape.alpha / shape.rank;
    return graph.one({ kind: 'adapter', inputs: { x, A, B }, layer, target, scale }, ['tokens', weight.rows]);
  };

  /** The layer's maps of one input: a single frozen linear node, and an adapter beside each that has one. */
  const linears = <T extends LinearTarget>(
    x: Value,
    layer: number,
    ...targets: readonly T[]
  ): Record<T, Value> => {
    const weights = targets.map(target => config.layers[layer]?.[target] as FrozenWeight);
    const shapes = weights.map(weight => ['tokens', weight.rows] as const);
    const outputs = graph.append({ kind: 'frozenLinear', inputs: { x }, weights }, ...shapes);
    const entries = targets.map((target, index) => {
      const y = outputs[index] as Value;
      if (!adapter?.targets.includes(target)) return [target, y];
      return [target, graph.add(y, adapterOf(x, layer, target, weights[index] as FrozenWeight, adapter))];
    });
    return Object.fromEntries(entries) as Record<T, Value>;
  };

  const attention = (x: Value, layer: number): Value => {
    const { heads, kvHeads, headSize, attentionScale: scale } = config;
    const { rotary, window, queryNorm, keyNorm } = config.layers[layer] as Layer;
    const { q, k, v } = linears(x, layer, 'q', 'k', 'v');
    const form = { layer, heads, kvHeads, headSize, scale, rotary };
    const joined = graph.one(
      {
        kind: 'attention',
        inputs: { q: norm(q, queryNorm, headSize), k: norm(k, keyNorm, headSize), v },
        attention: window === undefined ? form : { ...form, window },
      },
      ['tokens', heads * headSize],
    );
    return linears(joined, layer, 'o').o;
  };

  const mlp = (x: Value, layer: number): Value => {
    const inputs = linears(x, layer, 'gate', 'up');
    const activated = graph.one(
      { kind: 'gatedActivation', inputs, activation: config.activation },
      inputs.gate.shape,
    );
    return linears(activated, layer, 'down').down;
  };

  let x = graph.one({ kind: 'embeddingRows', inputs: {}, ...config.embedding }, ['tokens', config.hidden]);
  const cuts = [x];
  for (const [layer, weights] of config.layers.entries()) {
    x = graph.add(x, norm(attention(norm(x, weights.attentionNorm), layer), weights.postAttentionNorm));
    x = graph.add(x, norm(mlp(norm(x, weights.feedForwardNorm), layer), weights.postFeedForwardNorm));
    cuts.push(x);
  }
  const rows = graph.one({ kind: 'gatherLabels', inputs: { x } }, ['labels', config.hidden]);
  const logits = graph.one(
    { kind: 'frozenLinear', inputs: { x: norm(rows, config.outputNorm) }, weights: [config.head] },
    ['labels', config.vocabulary],
  );
  const entropy = graph.one({ kind: 'crossEntropy', inputs: { logits } }, []);
  const loss =
    teacher === undefined
      ? entropy
      : graph.add(entropy, graph.one({ kind: 'teacherDivergence', inputs: { logits }, ...teacher }, []));
  return { nodes: graph.nodes, cuts, logits, loss, valueCount: graph.valueCount };
}
