// The words of the round machine: what may happen to a round, what a round is, and what must be done about it.

import type { ErrorCode } from '../../core/errors.js';
import type { ReleaseManifest } from '../../proto/messages.js';

export interface RoundPlan {
  readonly task: string;
  /** 1 for a task's first. */
  readonly round: number;
  /** In order, each once. */
  readonly cohort: readonly string[];
  /** Updates at which the round closes; at most the cohort's size. */
  readonly goal: number;
  /** Updates without which the round fails; from 1 to `goal`. */
  readonly minimum: number;
  /** Hash of the release to start from; empty: a fresh adapter. */
  readonly startRelease: string;
  readonly openedMs: number;
  readonly deadlineMs: number;
}

/** Facts, in the past tense. Those that change the state are the journal. */
export type RoundEvent =
  | { readonly type: 'opened'; readonly plan: RoundPlan }
  /** `sequence`: the device's own, which rises with everything that it sends. */
  | {
      readonly type: 'replied';
      readonly device: string;
      readonly accepted: boolean;
      readonly reason: string;
      readonly sequence: number;
    }
  /** Its update does not fit the assignment; `reason`: the error code. */
  | { readonly type: 'rejected'; readonly device: string; readonly reason: string }
  /** `blob`: SHA-256 (hex) of an update that fits the assignment and is on disk. */
  | { readonly type: 'received'; readonly device: string; readonly blob: string; readonly examples: number }
  | { readonly type: 'revoked'; readonly device: string }
  | { readonly type: 'deadline' }
  /** `aggregate`: its hash; `files`: the adapter that holds it, on disk. */
  | { readonly type: 'aggregated'; readonly aggregate: string; readonly files: ReleaseManifest['files'] }
  | { readonly type: 'evaluated'; readonly accuracy: number | null }
  | { readonly type: 'released'; readonly release: string }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'cancelled'; readonly reason: string };

export type RoundPhase =
  | 'unopened'
  | 'open'
  | 'aggregating'
  | 'evaluating'
  | 'publishing'
  | 'released'
  | 'failed'
  | 'cancelled';

export interface RoundDevice {
  readonly answer: 'offered' | 'accepted' | 'declined' | 'revoked';
  /** An error code where declined. */
  readonly reason: string;
  /** Sequence of the newest reply that came; 0 before the first. */
  readonly answered: number;
  readonly update: { readonly blob: string; readonly examples: number } | null;
}

export interface RoundState {
  readonly phase: RoundPhase;
  /** Null while unopened. */
  readonly plan: RoundPlan | null;
  /** Exactly the cohort. */
  readonly devices: Readonly<Record<string, RoundDevice>>;
  readonly aggregate: string;
  readonly files: ReleaseManifest['files'];
  readonly accuracy: number | null;
  readonly release: string;
  /** Why it failed or was cancelled. */
  readonly reason: string;
}

/** Work for the world outside. Every effect may be done twice: after a crash it is. */
export type RoundEffect =
  | { readonly type: 'schedule'; readonly deadlineMs: number }
  | { readonly type: 'assign'; readonly device: string }
  | { readonly type: 'aggregate'; readonly devices: readonly string[] }
  | { readonly type: 'evaluate' }
  | { readonly type: 'publish' }
  | { readonly type: 'close'; readonly outcome: 'released' | 'failed' | 'cancelled' };

export interface Step {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
  /**
   * `applied`: the state changed, the event belongs in the journal. `known`: it had happened already, nothing changes.
   * Otherwise the error code with which it is refused; nothing changes either.
   */
  readonly verdict: 'applied' | 'known' | ErrorCode;
}
