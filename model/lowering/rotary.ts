// Tables of rotary position embedding (Su et al., arXiv 2104.09864).

import type { Rotary } from '../architecture/graph.js';

/**
 * cos and sin of position * base^(-2i/dimensions) / divisor, times `factor`: each [positions, dimensions/2]. `read` gives a
 * tensor's values.
 */
export function rotaryTables(
  rotary: Rotary,
  positions: number,
  read: (tensor: string) => Float32Array,
  factor = 1,
): { cos: Float32Array; sin: Float32Array } {
  const { divisor = 1 } = rotary;
  const divisors = typeof divisor === 'string' ? read(divisor) : undefined;
  const half = rotary.dimensions / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const divided = divisors === undefined ? Number(divisor) : (divisors[i] as number);
    const frequency = rotary.base ** ((-2 * i) / rotary.dimensions) / divided;
    for (let position = 0; position < positions; position++) {
      cos[position * half + i] = factor * Math.cos(position * frequency);
      sin[position * half + i] = factor * Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

/** Names the tables of one kind of rotation. */
export const rotaryName = ({ base, dimensions, divisor = 1 }: Rotary): string =>
  `rotary ${base} ${dimensions} ${divisor}`;
