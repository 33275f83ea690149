// progress: how far a device is; only to be looked at.

import type { Rounds } from '../../rounds/rounds.js';
import type { Handler } from '../inbox.js';

export const progressHandler =
  (rounds: Rounds): Handler<'progress'> =>
  async ({ device, task, round, message, sequence }) =>
    rounds.progress(device, { task, round }, message, sequence);
