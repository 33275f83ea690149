// Ends a text at the first stop string, wherever tokens are divided: what may become one is held back.

import { SkeinError } from '../../core/errors.js';

/** The text that is certain by now; `hit` where a stop string came, of which nothing is in the text. */
export interface Passed {
  readonly text: string;
  readonly hit: boolean;
}

/** A gate for text piece by piece. After a hit, or after `end`, it is used no more. */
export function stopTexts(stops: readonly string[]): {
  push(text: string): Passed;
  end(text: string): Passed;
} {
  if (stops.includes('')) throw new SkeinError('engine/request', 'A stop string has at least one character.');
  let held = '';
  const upToStop = (): Passed | undefined => {
    const places = stops.map(stop => held.indexOf(stop)).filter(place => place >= 0);
    return places.length === 0 ? undefined : { text: held.slice(0, Math.min(...places)), hit: true };
  };
  return {
    push(text) {
      held += text;
      const stopped = upToStop();
      if (stopped !== undefined) return stopped;
      const kept = Math.max(0, ...stops.map(stop => overlap(held, stop)));
      const certain = held.slice(0, held.length - kept);
      held = held.slice(held.length - kept);
      return { text: certain, hit: false };
    },
    end(text) {
      held += text;
      return upToStop() ?? { text: held, hit: false };
    },
  };
}

/** How many characters at the end of the text are a beginning of the stop string. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
