// The leak search: every byte that reached the coordinator, as it came and with encodings undone, against every private phrase.

import { Matcher } from './matcher.js';
import { canonical, makeNeedles, type Needle, type NeedleSources } from './needles.js';
import { views } from './views.js';
import { type Recording, unpack } from './wire.js';

export interface Finding {
  readonly kind: Needle['kind'];
  /** What was found, in canonical form. */
  readonly text: string;
  /** Where it was found first. */
  readonly where: string;
}

export interface LeakReport {
  /** Private phrases found: none, if the promise holds. */
  readonly leaks: readonly Finding[];
  /** The phrase sent on purpose, once for each protocol that carried it. */
  readonly control: readonly Finding[];
  readonly needles: number;
  /** Private records too short to look for. */
  readonly tooShort: number;
  readonly bytesSearched: number;
}

export function searchLeaks(recordings: readonly Recording[], sources: NeedleSources): LeakReport {
  const { all, tooShort } = makeNeedles(sources);
  const matcher = new Matcher(all.map(needle => needle.bytes));
  const found = new Map<string, { needle: Needle; where: string }>();
  const look = (bytes: Uint8Array, name: string, protocol: string): void => {
    for (const view of views(bytes, name)) {
      for (const index of matcher.find(canonical(view.bytes))) {
        const needle = all[index] as Needle;
        const key = needle.class === 'control' ? `${index} ${protocol}` : String(index);
        if (!found.has(key)) found.set(key, { needle, where: view.name });
      }
    }
  };
  for (const { protocol, bytes } of recordings) look(bytes, protocol, protocol);
  for (const { name, bytes } of unpack(recordings)) look(bytes, name, 'mqtt');
  const of = (needleClass: Needle['class']): Finding[] =>
    [...found.values()]
      .filter(({ needle }) => needle.class === needleClass)
      .map(({ needle, where }) => ({
        kind: needle.kind,
        text: Buffer.from(needle.bytes).toString('utf8'),
        where,
      }));
  return {
    leaks: of('private'),
    control: of('control'),
    needles: all.filter(needle => needle.class === 'private').length,
    tooShort,
    bytesSearched: recordings.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}
