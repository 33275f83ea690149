// reply: whether a device takes its assignment.

import type { Rounds } from '../../rounds/rounds.js';
import type { Handler } from '../inbox.js';
import { requireTaken } from './verdict.js';

export const replyHandler =
  (rounds: Rounds): Handler<'reply'> =>
  async ({ device, task, round, message, sequence }) =>
    requireTaken(await rounds.reply(device, { task, round }, message, sequence));
