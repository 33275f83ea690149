// Who may publish and read what: derived from the topic table and nothing else.

import { SkeinError } from '../../core/errors.js';
import { deviceFilters, kinds, parseTopic } from '../../proto/topics.js';

export interface Publication {
  readonly topic: string;
  readonly size: number;
  readonly qos: number;
  readonly retain: boolean;
}

/** Throws `wire/topic` or `wire/oversized` where the device may not publish this. */
export function checkPublication(
  fleet: string,
  device: string,
  { topic, size, qos, retain }: Publication,
): void {
  const parsed = parseTopic(topic);
  if (
    parsed === undefined ||
    parsed.direction !== 'up' ||
    parsed.fleet !== fleet ||
    parsed.device !== device
  ) {
    throw new SkeinError('wire/topic', `The device ${device} may not publish there.`, {
      data: { topic: topic.slice(0, 256) },
    });
  }
  if (retain) throw new SkeinError('wire/topic', 'Nothing is retained.', { data: { topic } });
  if (qos > 1) throw new SkeinError('wire/topic', `QoS ${qos} is not used.`, { data: { topic } });
  const { maxBytes } = kinds[parsed.kind];
  if (size > maxBytes) {
    throw new SkeinError('wire/oversized', `${size} bytes are more than ${maxBytes}.`, {
      data: { topic, size, maxBytes },
    });
  }
}

/** Throws `wire/topic` where the device may not read this filter. */
export function checkSubscription(fleet: string, device: string, filter: string): void {
  if (deviceFilters(fleet, device).includes(filter)) return;
  const parsed = parseTopic(filter);
  const own = parsed?.direction === 'down' && parsed.device === device;
  if (parsed?.fleet === fleet && (own || parsed.direction === 'all')) return;
  throw new SkeinError('wire/topic', `The device ${device} may not read that.`, {
    data: { topic: filter.slice(0, 256) },
  });
}
