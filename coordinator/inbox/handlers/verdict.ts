// From the round machine's verdict to the inbox's: what is taken or known already is fine, the rest is refused by its code.

import { SkeinError } from '../../../core/errors.js';
import type { Verdict } from '../../rounds/rounds.js';

export function requireTaken(verdict: Verdict): void {
  if (verdict === 'applied' || verdict === 'known') return;
  throw new SkeinError(verdict, 'The round does not take this.');
}
