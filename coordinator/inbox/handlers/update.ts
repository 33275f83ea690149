// update: what a device learned in a round, offered, and then whole.

import type { Rounds } from '../../rounds/rounds.js';
import type { UpdateConsumer } from '../uploads.js';
import { requireVerified } from '../verified.js';
import { requireTaken } from './verdict.js';

export const updateConsumer = (rounds: Rounds): UpdateConsumer => ({
  async admit({ device, task, round }) {
    requireTaken(rounds.expects(device, { task, round }));
  },
  async take(received) {
    requireVerified(received);
    const { device, task, round } = received;
    requireTaken(await rounds.update(device, { task, round }, received));
  },
});
