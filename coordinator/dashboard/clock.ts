// The coordinator's time, ticking once a second: deadlines are its own, and a phone's clock may be wrong.
import { signal } from '@preact/signals';

let offsetMs = 0;

/** Milliseconds since 1970 on the coordinator's clock. */
export const now = signal(Date.now());

/** Learns the offset from an HTTP `Date`, which is whole seconds: smaller differences are taken as none. */
export function setClock(date: string | null): void {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return;
  const difference = theirs - Date.now();
  offsetMs = Math.abs(difference) < 2_000 ? 0 : difference;
}

const tick = () => {
  now.value = Date.now() + offsetMs;
};
setInterval(tick, 1_000);
