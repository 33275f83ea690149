// presence: a device's session begins or ends.

import type { Broker } from '../../broker/broker.js';
import type { Fleet } from '../../fleet/fleet.js';
import type { Rounds } from '../../rounds/rounds.js';
import type { Handler } from '../inbox.js';

export interface PresenceOptions {
  readonly fleet: Fleet;
  readonly rounds: Rounds;
  readonly broker: Pick<Broker, 'isConnected'>;
  readonly onChange: (device: string) => void;
}

export const presenceHandler =
  ({ fleet, rounds, broker, onChange }: PresenceOptions): Handler<'presence'> =>
  async ({ device, message }) => {
    if ((await fleet.update(device, message)) === 'stale') return;
    // The connection may be gone before its first message was dealt with.
    if (message.online && !broker.isConnected(device)) await fleet.disconnected(device);
    onChange(device);
    if (fleet.get(device)?.online === true) await rounds.online(device);
  };
