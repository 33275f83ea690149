// What the leak search looks for: canary phrases, and runs of five words that stand in a private record and in no public text.

import { utf8 } from '../../../core/index.js';

export const runWords = 5;
/** Shorter ones would be found by chance in megabytes of weights. */
export const minNeedleBytes = 8;

export interface Needle {
  /** `control`: sent on purpose, to show that the search finds what is there. */
  readonly class: 'private' | 'control';
  readonly kind: 'canary' | 'run';
  /** In canonical form (see `canonical`). */
  readonly bytes: Uint8Array;
}

export interface NeedleSources {
  readonly records: readonly string[];
  readonly canaries: readonly string[];
  readonly control: string;
  /** Whatever may be known anyway: holdout, root set, template, labels. */
  readonly publicTexts: readonly string[];
}

export interface Needles {
  readonly all: readonly Needle[];
  /** Whole records that are too short to be looked for; said beside the count. */
  readonly tooShort: number;
}

export function makeNeedles(sources: NeedleSources): Needles {
  const all: Needle[] = [];
  const known = new Set<string>();
  let tooShort = 0;
  const publicText = ` ${sources.publicTexts.map(canonicalText).join(' \n ')} `;
  const add = (kind: Needle['kind'], text: string, needleClass: Needle['class']): void => {
    if (known.has(text)) return;
    known.add(text);
    all.push({ class: needleClass, kind, bytes: utf8(text) });
  };
  add('canary', canonicalText(sources.control), 'control');
  for (const canary of sources.canaries) add('canary', canonicalText(canary), 'private');
  for (const record of sources.records) {
    for (const run of wordRuns(record)) {
      if (publicText.includes(` ${run} `)) continue;
      if (utf8(run).length < minNeedleBytes) tooShort++;
      else add('run', run, 'private');
    }
  }
  return { all, tooShort };
}

/** Every run of five words in canonical form; the whole where there are fewer. */
export function wordRuns(record: string): string[] {
  const words = record
    .split(/\s+/)
    .map(canonicalText)
    .filter(word => word !== '');
  if (words.length <= runWords) return words.length === 0 ? [] : [words.join(' ')];
  return Array.from({ length: words.length - runWords + 1 }, (_, at) =>
    words.slice(at, at + runWords).join(' '),
  );
}

const canonicalText = (text: string): string =>
  Buffer.from(canonical(utf8(text)))
    .toString('utf8')
    .trim();

// Letters and digits stand for themselves (capitals made small), bytes above ASCII too; all else separates words.
const table = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 0x20;
  const isWord = byte >= 0x80 || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
  return isWord ? byte : 0x20;
});

/** Bytes as the search compares them: small letters, one space wherever something separates words. */
export function canonical(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let space = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = table[bytes[i] as number] as number;
    if (byte === 0x20) {
      if (!space) out[length++] = byte;
      space = true;
    } else {
      out[length++] = byte;
      space = false;
    }
  }
  return out.subarray(0, length);
}
