// Server-sent events: what changed, to everybody who looks. A slow reader misses intermediate states, never the last one.

import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { FleetEvent } from '../../proto/api.js';
import type { Operator } from './operator.js';

/** Proxies and browsers give up on silence. */
const heartbeatMs = 15_000;

export function eventStream(context: Context, operator: Operator): Response {
  context.header('x-accel-buffering', 'no');
  return streamSSE(context, async stream => {
    const waiting = new Map<string, FleetEvent>();
    let wake: () => void = () => undefined;
    const unfollow = operator.follow(event => {
      waiting.set(subject(event), event);
      wake();
    });
    let over = false;
    stream.onAbort(() => {
      over = true;
      unfollow();
      wake();
    });
    try {
      // The first event is the answer's first byte: it tells the reader that from now on nothing is missed.
      const status = await operator.status();
      await stream.writeSSE({
        event: 'status',
        data: JSON.stringify({ type: 'status', status } satisfies FleetEvent),
      });
      while (!over) {
        if (waiting.size === 0) {
          const woken = await new Promise<boolean>(resolve => {
            const timer = setTimeout(() => resolve(false), heartbeatMs);
            wake = () => {
              clearTimeout(timer);
              resolve(true);
            };
          });
          if (over) break;
          if (!woken) await stream.write(':\n\n');
        }
        const events = [...waiting.values()];
        waiting.clear();
        for (const event of events) await stream.writeSSE({ event: event.type, data: JSON.stringify(event) });
      }
    } finally {
      unfollow();
    }
  });
}

/** Events of one subject replace each other. */
function subject(event: FleetEvent): string {
  switch (event.type) {
    case 'device':
      return `device ${event.device.id}`;
    case 'task':
      return `task ${event.task.id}`;
    case 'round':
      return `round ${event.round.task} ${event.round.round}`;
    case 'release':
      return `release ${event.release.hash}`;
    case 'status':
      return 'status';
  }
}
