// What a device does in a round, in a word.
import type { RoundDeviceView } from '../../../proto/api.js';
import { Badge, type Tone } from './badge.js';

const phases: Record<RoundDeviceView['phase'], { label: string; tone: Tone }> = {
  offered: { label: 'Asked', tone: 'plain' },
  accepted: { label: 'Accepted', tone: 'busy' },
  declined: { label: 'Declined', tone: 'warn' },
  fetching: { label: 'Fetching', tone: 'busy' },
  training: { label: 'Training', tone: 'busy' },
  sending: { label: 'Sending', tone: 'busy' },
  done: { label: 'Sent', tone: 'good' },
  counted: { label: 'Counted', tone: 'good' },
  refused: { label: 'Refused', tone: 'bad' },
  failed: { label: 'Failed', tone: 'bad' },
};

export function PhaseBadge({ phase }: { phase: RoundDeviceView['phase'] }) {
  const { label, tone } = phases[phase] ?? { label: phase, tone: 'plain' };
  return <Badge tone={tone}>{label}</Badge>;
}
