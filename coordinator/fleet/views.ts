// Devices as the operator sees them: what is registered, what the device says of itself, what was counted.

import type { DeviceView } from '../../proto/api.js';
import type { Counters } from '../broker/counters.js';
import type { DeviceRow } from '../identity/devices.js';
import type { DevicePresence } from './fleet.js';

export function deviceView(
  { id, enrolledMs, revokedMs }: DeviceRow,
  presence: DevicePresence | undefined,
  counters: Counters,
): DeviceView {
  return {
    id,
    enrolledMs,
    revokedMs,
    online: presence?.online === true && revokedMs === null,
    lastSeenMs: presence?.seenMs ?? null,
    profile: presence?.profile ?? '',
    agentVersion: presence?.agentVersion ?? '',
    threads: presence?.threads ?? 0,
    memoryBytes: presence?.memoryBytes ?? 0,
    release: presence?.release ?? '',
    bytesUp: counters.value('up', id),
    bytesDown: counters.value('down', id),
  };
}
