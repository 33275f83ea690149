// Recomputation: a layer's activations are not kept from the forward pass, but made again when the backward pass needs them.
//
// Only the cuts between layers are kept (Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174). What
// makes it work in one ONNX graph is a dependency: a node runs as soon as its inputs are there, and the second forward pass
// would run right after the first. Here its input waits for a gradient that the layer above has
// just given.

import type { DecoderGraph } from '../architecture/decoder.js';
import { type Graph, inputsOf, type Node, type Value as Tensor } from '../architecture/graph.js';
import type { BackwardGraph } from '../autodiff/backward.js';
import { lateIntegers } from './late.js';
import type { TrainingContext } from './trainingContext.js';

/** To be called before each backward node is lowered, in order. `lower` lowers a node into the context. */
export function recomputation(
  forward: DecoderGraph,
  back: BackwardGraph,
  context: TrainingContext,
  lower: (node: Node) => void,
): (node: Node) => void {
  const layers = layersOf(forward);
  const layerOf = new Map(
    layers.flatMap((nodes, layer) =>
      nodes.flatMap(({ outputs }) => outputs.map(({ id }) => [id, layer] as const)),
    ),
  );
  const needed = neededAgain(layers, back);
  const done = new Set<number>();
  const results = new Set(back.gradients.map(({ gradient }) => gradient.id));
  /** Gradients of parameters since the last layer began: what they are made of is free when they are there. */
  const finished: Tensor[] = [];

  return node => {
    for (const { id } of inputsOf(node)) {
      const layer = layerOf.get(id);
      if (layer === undefined || done.has(layer)) continue;
      done.add(layer);
      const gradient = inputsOf(node).find(input => input.id >= forward.valueCount) as Tensor;
      startAgain(forward.cuts[layer] as Tensor, gradient, finished.splice(0), context);
      for (const again of layers[layer] ?? []) {
        if (again.outputs.some(output => needed.has(output.id))) lower(again);
      }
    }
    finished.push(...node.outputs.filter(({ id }) => results.has(id)));
  };
}

/** The forward nodes of each layer. Parameters are inputs of the graph, and the last value of a layer is the next cut. */
function layersOf({ nodes, cuts }: DecoderGraph): Node[][] {
  return cuts.slice(0, -1).map((cut, layer) => {
    const end = (cuts[layer + 1] as Tensor).id;
    return nodes.filter(({ kind, outputs: [output] }) => {
      const id = output?.id ?? -1;
      return kind !== 'parameter' && id > cut.id && id < end;
    });
  });
}

/** Forward values that the backward pass reads, and what they are made of within their layer. */
function neededAgain(layers: readonly (readonly Node[])[], back: Graph): ReadonlySet<number> {
  const needed = new Set(back.nodes.flatMap(node => inputsOf(node).map(({ id }) => id)));
  for (const node of layers.flat().reverse()) {
    if (!node.outputs.some(({ id }) => needed.has(id))) continue;
    for (const { id } of inputsOf(node)) needed.add(id);
  }
  return needed;
}

/** The cut again, as a value that is not there before `gradient` and the gradients of parameters are; nothing is copied. */
function startAgain(
  cut: Tensor,
  gradient: Tensor,
  finished: readonly Tensor[],
  context: TrainingContext,
): void {
  const { graph, read, perExample } = context;
  const awaited = [
    { value: read(gradient), rank: 2 },
    ...finished.map(tensor => ({ value: read(tensor), rank: perExample ? 3 : 2 })),
  ];
  const shape = lateIntegers(graph, graph.ints(-1, cut.shape[1] as number), awaited);
  context.forget();
  context.write(cut, graph.node('Reshape', [context.read(cut), shape]));
}
