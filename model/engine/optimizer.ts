// AdamW with decoupled weight decay and bias correction (Loshchilov and Hutter, arXiv 1711.05101), and clipping by norm.
//
// Values are kept in float32, arithmetic is JavaScript's float64 in a fixed order: the same inputs give the same bits.

export interface AdamOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
}

export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Changes `weights` and `moments` in place; `step` counts from 1. */
export function adamStep(
  weights: Float32Array,
  gradient: Float32Array,
  moments: Moments,
  step: number,
  { learningRate, weightDecay, betas, epsilon }: AdamOptions,
): void {
  const [beta1, beta2] = betas;
  const rate = learningRate / (1 - power(beta1, step));
  const correction = Math.sqrt(1 - power(beta2, step));
  const kept = 1 - learningRate * weightDecay;
  const { first, second } = moments;
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i] as number;
    const m = beta1 * (first[i] as number) + (1 - beta1) * g;
    const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    weights[i] = (weights[i] as number) * kept - (rate * m) / (Math.sqrt(v) / correction + epsilon);
  }
}

/** Scales the gradient down, in place, to a norm of at most `clipNorm` (0: never). Returns the norm it had. */
export function clip(gradient: Float32Array, clipNorm: number): number {
  let sum = 0;
  for (const value of gradient) sum += value * value;
  const norm = Math.sqrt(sum);
  if (clipNorm > 0 && norm > clipNorm) {
    const factor = clipNorm / norm;
    for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * factor;
  }
  return norm;
}

/** By products alone: Math.pow may differ between versions of the engine. */
function power(base: number, exponent: number): number {
  let out = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) out *= square;
    square *= square;
  }
  return out;
}
