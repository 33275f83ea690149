// A teacher's sparse logits as tensors beside the labels of a run.
//
// At each label the teacher gives probabilities q of some tokens S; all other tokens are one more outcome, of probability
// rest = 1 - sum of q. The student's are gathered in the same way, and the divergence is that of the two coarse
// distributions, the teacher's first: sum over S of q log(q / p), and rest log(rest / (1 - sum over S of p)). By the
// data-processing inequality it is at most the divergence of the whole distributions. Dropping the rest instead, and
// scaling q up to 1, teaches a student to be too sure (Anshumann et al., arXiv 2503.16870).

import type { TeacherLogits } from './types.js';

export interface TeacherPlace {
  /** Undefined where nobody teaches. */
  readonly logits: TeacherLogits | undefined;
  readonly weight: number;
}

/** Row after row, one a label, each `width` wide. */
export interface PackedTeacher {
  readonly width: number;
  /** Rows shorter than `width` repeat their first token. */
  readonly ids: BigInt64Array;
  /** q of each token, also where it is repeated. */
  readonly shares: Float32Array;
  /** 1, and 0 where a token is repeated. */
  readonly kept: Float32Array;
  /** One a label: what q leaves. */
  readonly rest: Float32Array;
  /** One a label: the sum of q log q, the rest included. */
  readonly entropy: Float32Array;
  /** One a label; 0 where nobody teaches. */
  readonly weights: Float32Array;
}

const nobody: TeacherLogits = { ids: [0], logProbabilities: [0] };

export function packTeacher(places: readonly TeacherPlace[]): PackedTeacher {
  const width = places.reduce((most, { logits }) => Math.max(most, logits?.ids.length ?? 1), 1);
  const count = places.length;
  const packed = {
    width,
    ids: new BigInt64Array(count * width),
    shares: new Float32Array(count * width),
    kept: new Float32Array(count * width),
    rest: new Float32Array(count),
    entropy: new Float32Array(count),
    weights: Float32Array.from(places, ({ weight }) => weight),
  };
  for (const [row, { logits = nobody }] of places.entries()) {
    const { ids, logProbabilities } = logits;
    const shares = logProbabilities.map(Math.exp);
    // Rounding may bring the sum a little over 1.
    const rest = Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0));
    const known = shares.reduce((sum, share, i) => sum + share * (logProbabilities[i] as number), 0);
    packed.rest[row] = rest;
    packed.entropy[row] = known + (rest > 0 ? rest * Math.log(rest) : 0);
    for (let i = 0; i < width; i++) {
      const at = i < ids.length ? i : 0;
      packed.ids[row * width + i] = BigInt(ids[at] as number);
      packed.shares[row * width + i] = shares[at] as number;
      packed.kept[row * width + i] = i < ids.length ? 1 : 0;
    }
  }
  return packed;
}
