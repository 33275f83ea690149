// Lowers the intermediate graph of a decoder to one fused ONNX graph for inference, with a KV cache that is written in place.

import type { Arithmetic, LinearTarget } from '../../proto/messages.js';
import { lastDimension } from '../architecture/builder.js';
import type { DecoderConfig } from '../architecture/config.js';
import type { DecoderGraph } from '../architecture/decoder.js';
import type { ForwardKind, Value as GraphValue, Node, Rotary } from '../architecture/graph.js';
import { absent, type BuiltGraph, dtypes, GraphBuilder, type Value } from '../onnx/index.js';
import { activation } from './activation.js';
import { checkHeads } from './attentionKernel.js';
import { frozenLinear } from './linear.js';
import { rotaryName, rotaryTables } from './rotary.js';
import type { WeightStore } from './weights.js';

/** All adapters beside one stacked frozen linear, joined: y += (x A^T) B^T with A [R, columns], B [rows, R]. */
export interface AdapterGroup {
  readonly layer: number;
  /** Every matrix of the stack in order, with its rows; `adapted` where an adapter stands beside it. */
  readonly parts: readonly {
    readonly target: LinearTarget;
    readonly rows: number;
    readonly adapted: boolean;
  }[];
  readonly columns: number;
  /** Names of the graph's inputs. */
  readonly A: Value;
  readonly B: Value;
}

export interface InferenceGraph {
  readonly built: BuiltGraph;
  readonly adapters: readonly AdapterGroup[];
}

export interface InferenceOptions {
  readonly store: WeightStore;
  readonly arithmetic: Arithmetic;
  /** Positions that the rotary tables reach to. */
  readonly capacity: number;
  /**
   * Adds the inputs `positions` int64 [B, T] and `bias` [1, 1, T, total]: tokens then need not follow each other, and
   * see only what the bias leaves them. Several continuations of one prompt fit in one run.
   */
  readonly tree: boolean;
  /** The output is `hidden` [B, L, hidden], what the final norm gives at the labels, instead of `logits`. Default false. */
  readonly hidden?: boolean;
}

/** Names of the cache's tensors: inputs `past`, outputs `present`, both [B, kvHeads, capacity, headSize]. */
export const cacheName = (when: 'past' | 'present', layer: number, side: 'k' | 'v'): Value =>
  `${when}.${layer}.${side}`;

/**
 * Inputs: `x` [B, T, hidden] (embedding rows), `seqlens` int32 [B] (positions after this run, less one), `total` int32 [1]
 * (the most positions after this run), `labels` int64 [L] (which of the T are asked for logits), the cache, the adapters.
 * Outputs: `logits` [B, L, vocabulary], the cache. T > 1 on top of a cache that is not empty wants B = 1.
 * Throws `architecture/unsupported` for heads, or rotated parts of them, of a size that the attention kernel does not take.
 */
export function lowerInference(
  decoder: DecoderGraph,
  config: DecoderConfig,
  options: InferenceOptions,
): InferenceGraph {
  checkHeads(decoder.nodes);
  const lowering = new Lowering(decoder, config, options);
  return { built: lowering.build(), adapters: lowering.adapters };
}

/** One of the outputs of a stacked matrix product. */
interface Part {
  readonly stack: Value;
  readonly index: number;
  readonly of: number;
}

class Lowering {
  readonly adapters: AdapterGroup[] = [];
  readonly #graph = new GraphBuilder('inference');
  readonly #decoder: DecoderGraph;
  readonly #config: DecoderConfig;
  readonly #options: InferenceOptions;
  /** Values that stand in the ONNX graph, by id. */
  readonly #values = new Map<number, Value>();
  readonly #parts = new Map<number, Part>();
  readonly #widths = new Map<Value, readonly number[]>();
  readonly #splits = new Map<Value, readonly Value[]>();
  readonly #shared = new Map<string, readonly Value[]>();
  /** The norm that follows an addition is computed in the same node. */
  readonly #normAfter = new Map<number, Node<'norm'>>();
  /** The addition of an adapter, by the frozen output beside which it stands. */
  readonly #adapterAfter = new Map<number, { sum: GraphValue; adapter: Node<'adapter'> }>();

  constructor(decoder: DecoderGraph, config: DecoderConfig, options: InferenceOptions) {
    this.#decoder = decoder;
    this.#config = config;
    this.#options = options;
    const adapterOf = new Map<number, Node<'adapter'>>();
    for (const node of decoder.nodes) {
      if (node.kind === 'adapter') adapterOf.set(output(node).id, node);
      if (node.kind === 'norm') this.#normAfter.set(node.inputs.x.id, node);
      const adapter = node.kind === 'add' ? adapterOf.get(node.inputs.b.id) : undefined;
      if (node.kind === 'add' && adapter !== undefined) {
        this.#adapterAfter.set(node.inputs.a.id, { sum: output(node), adapter });
      }
    }
  }

  build(): BuiltGraph {
    const g = this.#graph;
    const { kvHeads, headSize, hidden } = this.#config;
    g.input('x', 'float32', ['B', 'T', hidden]);
    g.input('seqlens', 'int32', ['B']);
    g.input('total', 'int32', [1]);
    g.input('labels', 'int64', ['L']);
    if (this.#options.tree) {
      g.input('positions', 'int64', ['B', 'T']);
      g.input('bias', 'float32', [1, 1, 'T', 'total']);
    }
    const cache = ['B', kvHeads, 'S', headSize] as const;
    for (const layer of this.#config.layers.keys()) {
      for (const side of ['k', 'v'] as const) g.input(cacheName('past', layer, side), 'float32', cache);
    }
    const { logits, nodes } = this.#decoder;
    const head = nodes.find(node => output(node) === logits) as Node<'frozenLinear'>;
    for (const node of nodes) {
      if (this.#options.hidden === true && node === head) continue;
      (this.#rules[node.kind as ForwardKind] as (node: Node) => void)(node);
    }
    const [result, name, width] =
      this.#options.hidden === true
        ? ([head.inputs.x, 'hidden', hidden] as const)
        : ([logits, 'logits', this.#config.vocabulary] as const);
    g.node('Identity', [this.#value(result)], {}, name);
    g.output(name, 'float32', ['B', 'L', width]);
    for (const layer of this.#config.layers.keys()) {
      for (const side of ['k', 'v'] as const) g.output(cacheName('present', layer, side), 'float32', cache);
    }
    return g.build();
  }

  readonly #rules: { readonly [K in ForwardKind]: (node: Node<K>) => void } = {
    embeddingRows: node => this.#set(output(node), 'x'),

    // Adapters are fed to the frozen linear beside which they stand.
    parameter: () => undefined,
    adapter: () => undefined,

    frozenLinear: node => this.#frozenLinear(node),

    attention: node => this.#attention(node),

    gatedActivation: node => {
      const { gate, up } = node.inputs;
      const activated = activation(this.#graph, this.#value(gate), node.activation);
      this.#set(output(node), this.#graph.node('Mul', [activated, this.#value(up)]));
    },

    add: node => {
      const sum = output(node);
      if (this.#values.has(sum.id) || this.#parts.has(sum.id)) return;
      const { a, b } = node.inputs;
      const inputs = [this.#value(a), this.#value(b)];
      const norm = this.#normAfter.get(sum.id);
      if (norm === undefined) return this.#set(sum, this.#graph.node('Add', inputs));
      const names = [`norm${output(norm).id}`, absent, absent, `sum${sum.id}`] as const;
      inputs.push(this.#options.store.vector(this.#graph, norm.weight));
      this.#graph.nodes('SkipSimplifiedLayerNormalization', inputs, { epsilon: norm.epsilon }, names);
      this.#set(output(norm), names[0]);
      this.#set(sum, names[3]);
    },

    norm: node => {
      if (this.#values.has(output(node).id)) return;
      const { x } = node.inputs;
      const weight = this.#options.store.vector(this.#graph, node.weight);
      const attributes = { axis: -1, epsilon: node.epsilon, stash_type: 1 };
      const whole = lastDimension(x);
      const apart = (value: Value, ...last: number[]): Value =>
        node.width === whole ? value : this.#graph.node('Reshape', [value, this.#graph.ints(0, 0, ...last)]);
      const heads = apart(this.#value(x), whole / node.width, node.width);
      const normed = this.#graph.node('SimplifiedLayerNormalization', [heads, weight], attributes);
      this.#set(output(node), apart(normed, whole));
    },

    gatherLabels: node => {
      const rows = this.#graph.node('Gather', [this.#value(node.inputs.x), 'labels'], { axis: 1 });
      this.#set(output(node), rows);
    },

    crossEntropy: () => undefined,
    teacherDivergence: () => undefined,
  };

  #frozenLinear(node: Node<'frozenLinear'>): void {
    const context = { graph: this.#graph, store: this.#options.store, arithmetic: this.#options.arithmetic };
    const x = this.#value(node.inputs.x);
    let stack = frozenLinear(context, x, node.weights);
    const beside = node.outputs.map(value => this.#adapterAfter.get(value.id));
    const first = beside.find(one => one !== undefined)?.adapter;
    if (first !== undefined)
      stack = this.#graph.node('Add', [stack, this.#adapterGroup(node, x, first.layer, beside)]);
    this.#widths.set(
      stack,
      node.weights.map(weight => weight.rows),
    );
    const of = node.weights.length;
    for (const [index, value] of node.outputs.entries()) {
      for (const one of [value, beside[index]?.sum])
        if (one !== undefined) this.#parts.set(one.id, { stack, index, of });
    }
  }

  #adapterGroup(
    node: Node<'frozenLinear'>,
    x: Value,
    layer: number,
    beside: readonly ({ adapter: Node<'adapter'> } | undefined)[],
  ): Value {
    const weights = this.#config.layers[layer] as DecoderConfig['layers'][number];
    const targets: readonly LinearTarget[] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
    const parts = node.weights.map(({ name, rows }, index) => ({
      target: targets.find(one => weights[one].name === name) as LinearTarget,
      rows,
      adapted: beside[index] !== undefined,
    }));
    const key = `${layer}.${parts.map(part => part.target).join('')}`;
    const columns = node.weights[0]?.columns ?? 0;
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const A = this.#graph.input(`adapter.${key}.A`, 'float32', [`R.${key}`, columns]);
    const B = this.#graph.input(`adapter.${key}.B`, 'float32', [rows, `R.${key}`]);
    this.adapters.push({ layer, parts, columns, A, B });
    const inner = this.#graph.node('FusedMatMul', [x, A], { transB: 1 });
    return this.#graph.node('FusedMatMul', [inner, B], { transB: 1 });
  }

  #attention(node: Node<'attention'>): void {
    const { layer, heads, kvHeads, scale, rotary, window } = node.attention;
    const { q, k, v } = node.inputs;
    const parts = [q, k, v].map(value => this.#parts.get(value.id));
    const packed = parts.every(
      (part, index) => part?.of === 3 && part.index === index && part.stack === parts[0]?.stack,
    );
    const projections = packed
      ? [parts[0]?.stack ?? absent, absent, absent]
      : [q, k, v].map(one => this.#value(one));
    // Scores are multiplied by nothing: the kernel for one token wants it so, which else copies the keys of every head. The
    // scale is in the tables that queries and keys are both rotated by, where those reach all of a head.
    const whole = rotary.dimensions === this.#config.headSize;
    const inputs = [
      ...projections,
      cacheName('past', layer, 'k'),
      cacheName('past', layer, 'v'),
      'seqlens',
      'total',
      ...this.#rotaryTables(rotary, whole ? Math.sqrt(scale) : 1),
      ...(this.#options.tree ? ['positions', this.#bias(window)] : []),
    ];
    const attributes = {
      num_heads: heads,
      kv_num_heads: kvHeads,
      scale: whole ? 1 : scale,
      do_rotary: 1,
      rotary_interleaved: rotary.style === 'interleaved' ? 1 : 0,
      // The kernel counts places in the cache. In a tree those are not positions, and the bias has the window.
      ...(window === undefined || this.#options.tree ? {} : { local_window_size: window }),
    };
    const joined = `attention${layer}`;
    const outputs = [joined, cacheName('present', layer, 'k'), cacheName('present', layer, 'v')];
    this.#graph.nodes('GroupQueryAttention', inputs, attributes, outputs);
    this.#set(output(node), joined);
  }

  #rotaryTables(rotary: Rotary, factor: number): readonly Value[] {
    return this.#once(`${rotaryName(rotary)} ${factor}`, name => {
      const { capacity } = this.#options;
      const { cos, sin } = rotaryTables(rotary, capacity, name => this.#options.store.values(name), factor);
      const shape = [capacity, rotary.dimensions / 2];
      return [
        this.#graph.constant('float32', cos, shape, `${name} cos`),
        this.#graph.constant('float32', sin, shape, `${name} sin`),
      ];
    });
  }

  /** What is added to the scores of a tree: for layers with a window, also less than nothing for keys too far away. */
  #bias(window: number | undefined): Value {
    if (window === undefined) return 'bias';
    const [bias] = this.#once(`bias ${window}`, name => {
      const g = this.#graph;
      const queries = g.node('Reshape', ['positions', g.ints(-1, 1)]);
      const own = g.node('Reshape', ['positions', g.ints(-1)]);
      // What the cache holds already stands place by place.
      const total = g.node('Squeeze', [g.node('Cast', ['total'], { to: dtypes.int64.code })]);
      const past = g.node('Sub', [total, g.node('Size', [own])]);
      const zero = g.constant('int64', BigInt64Array.of(0n), []);
      const one = g.constant('int64', BigInt64Array.of(1n), []);
      const keys = g.node('Concat', [g.node('Range', [zero, past, one]), own], { axis: 0 });
      const far = g.node('GreaterOrEqual', [
        g.node('Sub', [queries, keys]),
        g.constant('int64', BigInt64Array.of(BigInt(window)), []),
      ]);
      return [g.node('Where', [far, g.float(-1e9), 'bias'], {}, name)];
    });
    return bias as Value;
  }

  /** Values that several layers share are made for the first. */
  #once(key: string, make: (name: string) => readonly Value[]): readonly Value[] {
    const known = this.#shared.get(key) ?? make(key);
    this.#shared.set(key, known);
    return known;
  }

  #set(value: GraphValue, name: Value): void {
    this.#values.set(value.id, name);
  }

  /** The value as a tensor of its own; a part of a stack is cut out at the first use. */
  #value(value: GraphValue): Value {
    const known = this.#values.get(value.id);
    if (known !== undefined) return known;
    const part = this.#parts.get(value.id) as Part;
    if (part.of === 1) return part.stack;
    let split = this.#splits.get(part.stack);
    if (split === undefined) {
      const sizes = this.#graph.ints(...(this.#widths.get(part.stack) ?? []));
      split = this.#graph.nodes('Split', [part.stack, sizes], { axis: -1 }, part.of);
      this.#splits.set(part.stack, split);
    }
    return split[part.index] as Value;
  }
}

const output = (node: Node): GraphValue => node.outputs[0] as GraphValue;
