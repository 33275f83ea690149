// The intermediate graph: a decoder in the field's own words, forward and backward, before anything is lowered to ONNX.

import type { LinearTarget } from '../../proto/messages.js';

/** `tokens`: length of the (packed) sequence; `labels`: how many of its positions are asked for logits. */
export type Dimension = number | 'tokens' | 'labels';
export type Shape = readonly Dimension[];

/** A float tensor made by one node. `[]` is a scalar; linear maps act on the last dimension. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
}

/** A linear map of the model: `rows` outputs, `columns` inputs, y = W x + bias. */
export interface FrozenWeight {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** The tensor of `rows` values, where there is one. In one stack all maps have a bias or none has. */
  readonly bias?: string;
}

/** Rotary position embedding (Su et al., arXiv 2104.09864) over the first `dimensions` of each head. */
export interface Rotary {
  readonly base: number;
  readonly dimensions: number;
  /** Which elements turn together: (2i, 2i+1), or (i, i + dimensions/2). */
  readonly style: 'interleaved' | 'halves';
  /** What frequencies are divided by to reach farther: one number, or the tensor that has one for each pair. */
  readonly divisor?: number | string;
}

/** Causal attention in which `heads / kvHeads` query heads share a key head (Ainslie et al., arXiv 2305.13245). */
export interface AttentionForm {
  readonly layer: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Scores are multiplied by it before the softmax. */
  readonly scale: number;
  readonly rotary: Rotary;
  /** A query sees so many positions, its own included; without it, all before it (Beltagy et al., arXiv 2004.05150). */
  readonly window?: number;
}

/** `silu`: x * sigmoid(x). `gelu`: its approximation by tanh (Hendrycks and Gimpel, arXiv 1606.08415). */
export type Activation = 'silu' | 'gelu';
export type AdapterSide = 'A' | 'B';

type Form<Inputs, Attributes = unknown> = { readonly inputs: Readonly<Inputs> } & Readonly<Attributes>;
type None = Record<never, never>;

export interface NormForm {
  readonly weight: string;
  readonly epsilon: number;
  readonly width: number;
}

/** What a model is described with. */
interface ForwardForms {
  /** Rows of the embedding table for the sequence's tokens, looked up outside the graph: [tokens, hidden]. */
  embeddingRows: Form<None, { weight: string; scale: number }>;
  /** A or B of one adapter; fed at run time. Only `trained` ones get gradients. */
  parameter: Form<None, { layer: number; target: LinearTarget; side: AdapterSide; trained: boolean }>;
  /**
   * x / sqrt(mean(x^2) + epsilon) * weight over each `width` values of the last dimension: all of them, or one head's
   * (Zhang and Sennrich, arXiv 1910.07467).
   */
  norm: Form<{ x: Value }, NormForm>;
  /** One matrix product for all `weights`, stacked; one output each. */
  frozenLinear: Form<{ x: Value }, { weights: readonly FrozenWeight[] }>;
  /** scale * B (A x), what LoRA adds to a frozen linear map of x (Hu et al., arXiv 2106.09685). */
  adapter: Form<{ x: Value; A: Value; B: Value }, { layer: number; target: LinearTarget; scale: number }>;
  /** Rotates q and k, attends causally within one example, joins the heads: [tokens, heads * headSize]. */
  attention: Form<{ q: Value; k: Value; v: Value }, { attention: AttentionForm }>;
  /** activation(gate) * up, elementwise (Shazeer, arXiv 2002.05202). */
  gatedActivation: Form<{ gate: Value; up: Value }, { activation: Activation }>;
  add: Form<{ a: Value; b: Value }>;
  /** Rows at the label positions: [tokens, n] to [labels, n]. */
  gatherLabels: Form<{ x: Value }>;
  /** Sum over labels of the label's weight times -log softmax(logits)[target]: a scalar. */
  crossEntropy: Form<{ logits: Value }>;
  /**
   * Sum over labels of the label's teacher weight times T^2 KL(teacher, softmax(logits / T)): a scalar. The teacher knows
   * some tokens of each label; all others are one outcome more for both (engine/trainerTeacher.ts).
   */
  teacherDivergence: Form<{ logits: Value }, { temperature: number }>;
}

/** What the gradient rules write; the same language, so that one lowering and one evaluator serve both. */
interface GradientForms {
  /** Sum over weights of W^T gradient. */
  frozenLinearGradient: Form<{ gradients: readonly Value[] }, { weights: readonly FrozenWeight[] }>;
  normGradient: Form<{ x: Value; gradient: Value }, NormForm>;
  /** scale * A^T (B^T gradient): of an adapter's input. */
  adapterInputGradient: Form<{ gradient: Value; A: Value; B: Value }, { scale: number }>;
  /** scale * (B^T gradient) x^T: of an adapter's A. */
  adapterAGradient: Form<{ x: Value; gradient: Value; B: Value }, { scale: number }>;
  /** scale * gradient (A x)^T: of an adapter's B. */
  adapterBGradient: Form<{ x: Value; gradient: Value; A: Value }, { scale: number }>;
  /** Outputs: of q, k and v. `joined` is what attention gave. */
  attentionGradient: Form<
    { q: Value; k: Value; v: Value; joined: Value; gradient: Value },
    { attention: AttentionForm }
  >;
  /** Outputs: of gate and up. */
  gatedActivationGradient: Form<{ gate: Value; up: Value; gradient: Value }, { activation: Activation }>;
  /** [labels, n] to [tokens, n], zero elsewhere. */
  scatterLabels: Form<{ gradient: Value }>;
  crossEntropyGradient: Form<{ logits: Value }>;
  teacherDivergenceGradient: Form<{ logits: Value }, { temperature: number }>;
}

type Forms = ForwardForms & GradientForms;
export type ForwardKind = keyof ForwardForms;
export type NodeKind = keyof Forms;

/** A closed discriminated union over `kind`. */
export type Node<K extends NodeKind = NodeKind> = {
  [P in K]: { readonly kind: P; readonly outputs: readonly Value[] } & Forms[P];
}[K];

/** Nodes in an order in which every value is made before it is used. */
export interface Graph {
  readonly nodes: readonly Node[];
}

export function inputsOf(node: Node): readonly Value[] {
  return Object.values<Value | readonly Value[]>(node.inputs).flat();
}
