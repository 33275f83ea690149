// Whether the page follows the fleet right now.
import { type Connection, connection } from '../store.js';
import { Badge, type Tone } from './badge.js';

const states: Record<Connection, { label: string; tone: Tone }> = {
  connecting: { label: 'Connecting…', tone: 'plain' },
  live: { label: 'Live', tone: 'good' },
  reconnecting: { label: 'Reconnecting…', tone: 'warn' },
};

export function ConnectionBadge() {
  const { label, tone } = states[connection.value];
  return (
    <span class="connection" role="status">
      <Badge tone={tone} dot>
        {label}
      </Badge>
    </span>
  );
}
