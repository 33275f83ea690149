// Records with a phrase in each that must never leave its device, and a root set without any.

import { SeededRandom } from '../../core/random.js';
import type { Labelled } from './fleet.js';

const things = ['pump', 'lamp', 'bed', 'door', 'tap', 'lift', 'oven', 'scale'];
const places = ['ward one', 'ward two', 'the lab', 'the roof', 'the kitchen'];
const teams = ['water', 'power', 'wood', 'iron'];
const code = 'abcdefghijkmnpqrstuvwxyz';

export interface PrivateRecords {
  readonly devices: Readonly<Record<string, readonly Labelled[]>>;
  readonly root: readonly Labelled[];
  /** One of each private record, in no other text. */
  readonly canaries: readonly string[];
}

export function privateRecords(devices: readonly string[], count: number, seed = 5): PrivateRecords {
  const random = new SeededRandom(seed);
  const canaries: string[] = [];
  const note = (canary?: string): Labelled => {
    const thing = random.pick(things);
    const place = random.pick(places);
    const text = `${thing} in ${place} is broken${canary === undefined ? '' : `, ask for ${canary}`}`;
    return { text, label: `${random.pick(teams)}; ${thing}` };
  };
  const canary = (): string => {
    const word = Array.from({ length: 12 }, () => code[random.below(code.length)]).join('');
    canaries.push(word);
    return word;
  };
  return {
    devices: Object.fromEntries(
      devices.map(device => [device, Array.from({ length: count }, () => note(canary()))]),
    ),
    root: Array.from({ length: 6 }, () => note()),
    canaries,
  };
}
