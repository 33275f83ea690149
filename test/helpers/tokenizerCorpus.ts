// Texts that tokenizers are compared on, as bytes: files of the locked packages, and drawn ones from a seed. Every machine has the same.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../core/random.js';

export type Corpus = Readonly<Record<string, readonly Uint8Array[]>>;

const packages = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const textOf = (file: string): string => readFileSync(path.join(packages, file), 'utf8');
const filesIn = (folder: string): string[] =>
  readdirSync(path.join(packages, folder))
    .sort()
    .map(name => path.join(folder, name))
    .filter(name => /\.(js|ts)$/.test(name));

const lines = (files: readonly string[]): string[] =>
  files.flatMap(file => textOf(file).split('\n')).filter(line => line.trim() !== '');

/** Runs of 2 to 7 lines, their ends and indents included. */
function blocks(random: SeededRandom, files: readonly string[], count: number): string[] {
  const texts = files.map(file => textOf(file).split('\n'));
  return Array.from({ length: count }, () => {
    const text = random.pick(texts);
    const start = random.below(text.length);
    return text.slice(start, start + 2 + random.below(6)).join(random.below(8) === 0 ? '\r\n' : '\n');
  });
}

/** First and last code point of ranges with letters, signs or digits of many scripts. */
const scripts: readonly (readonly [number, number])[] = [
  ...([
    [0x41, 0x7a],
    [0xc0, 0x24f],
    [0x250, 0x2af],
    [0x370, 0x3ff],
    [0x400, 0x52f],
    [0x531, 0x58f],
  ] as const),
  ...([
    [0x590, 0x5ff],
    [0x600, 0x6ff],
    [0x700, 0x74f],
    [0x900, 0x97f],
    [0x980, 0x9ff],
    [0xa00, 0xa7f],
  ] as const),
  ...([
    [0xb80, 0xbff],
    [0xc00, 0xc7f],
    [0xe00, 0xe7f],
    [0xe80, 0xeff],
    [0xf00, 0xfff],
    [0x1000, 0x109f],
  ] as const),
  ...([
    [0x10a0, 0x10ff],
    [0x1100, 0x11ff],
    [0x1200, 0x137f],
    [0x13a0, 0x13ff],
    [0x1780, 0x17ff],
  ] as const),
  ...([
    [0x1e00, 0x1fff],
    [0x2010, 0x2027],
    [0x2030, 0x205e],
    [0x2070, 0x209c],
    [0x20a0, 0x20bf],
  ] as const),
  ...([
    [0x2100, 0x218b],
    [0x2190, 0x23ff],
    [0x2460, 0x27bf],
    [0x2c00, 0x2dff],
    [0x3040, 0x30ff],
  ] as const),
  ...([
    [0x3105, 0x312f],
    [0x4e00, 0x9fff],
    [0xac00, 0xd7a3],
    [0xf900, 0xfaff],
    [0xfe70, 0xfeff],
  ] as const),
  ...([
    [0xff01, 0xffee],
    [0x10330, 0x1034a],
    [0x12000, 0x123ff],
    [0x1d400, 0x1d7ff],
    [0x20000, 0x2a6df],
  ] as const),
];

const emoji = [
  '👨',
  '👩',
  '👧',
  '👦',
  '🧑',
  '🏽',
  '🏿',
  '❤️',
  '🔥',
  '🏳️',
  '🌈',
  '👍',
  '✌',
  '☝',
  '🇩',
  '🇪',
  '🇯',
  '🇵',
  '1️⃣',
  '🫶',
];
const spaces = [
  ' ',
  '  ',
  '    ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\u00a0',
  '\u2003',
  '\u3000',
  '\u0085',
  '\u2028',
  '\u200b',
  '\u180e',
];
const words = [
  'the',
  'Über',
  'naïve',
  "don't",
  "I'LL",
  "we've",
  'ﬁn',
  'x',
  'I',
  '中文',
  'слово',
  'कि',
  'ไทย',
  'été',
  'return',
  '_a1',
];
const signs = [
  '.',
  ',',
  '!?',
  '--',
  '…',
  '«',
  '»',
  '(',
  ')',
  '{',
  '};',
  '=>',
  '"',
  "'",
  "''",
  '`',
  '#',
  '\\',
  '/',
  '@',
  '€',
  '%',
];
const digits = [
  '0',
  '1',
  '12',
  '345',
  '2024',
  '１２',
  '٣٤',
  '५',
  'Ⅷ',
  '½',
  '³',
  '①',
  '𝟙',
  '1e-9',
  '0x1F',
  '3.14',
  '1,000,000',
  '-7',
];
/** Names of special tokens, and what looks like one. */
const looks = [
  ...[
    '<|endoftext|>',
    '<|im_start|>',
    '<|im_end|>',
    '<|im_start',
    '|im_end|>',
    '<repo_name>',
    '<file_sep>',
    '<empty_output>',
  ],
  ...[
    '<bos>',
    '<eos>',
    '<pad>',
    '<unk>',
    '<mask>',
    '<s>',
    '</s>',
    '<bos',
    'bos>',
    '<<bos>>',
    '[multimodal]',
    '<unused7>',
  ],
  ...[
    '<start_of_turn>',
    '<end_of_turn>',
    '<start_of_image>',
    '<image_soft_token>',
    '<unused6241>',
    '<0x0A>',
    '<0xff>',
    '<0x',
  ],
  ...[
    '▁',
    '▁▁',
    '▁<',
    '>▁</',
    '<table>',
    '</table>',
    '<h1>',
    '</h1>',
    '<i>',
    '</i>',
    '<code>',
    'Ġ',
    'Ċ',
    'user\n',
    '[@BOS@]',
  ],
  ...[
    '<|begin_of_text|>',
    '<|eot_id|>',
    '<|start_header_id|>',
    '<|fim_prefix|>',
    '<tool_call>',
    '</think>',
    '<|reserved_special_token_5|>',
  ],
];

/** So many texts of up to `most` parts. */
const drawn = (count: number, most: number, random: SeededRandom, part: () => string): string[] =>
  Array.from({ length: count }, () => Array.from({ length: 1 + random.below(most) }, part).join(''));

function scriptText(random: SeededRandom): () => string {
  return () => {
    const [first, last] = random.pick(scripts);
    const word = Array.from({ length: 1 + random.below(7) }, () =>
      String.fromCodePoint(first + random.below(last - first + 1)),
    );
    return (
      word.join('') +
      (random.below(3) === 0 ? random.pick(spaces) : random.below(4) === 0 ? random.pick(signs) : ' ')
    );
  };
}

/** Bytes in which some characters are cut, and some bytes belong to none. No form that one reader takes and another refuses. */
function broken(random: SeededRandom): Uint8Array {
  const out: number[] = [];
  const whole = scriptText(random);
  for (let parts = 1 + random.below(6); parts > 0; parts--) {
    const text = bytes(
      random.below(3) === 0 ? whole() : random.pick([...words, ...emoji, ...spaces, ...signs]),
    );
    const choice = random.below(5);
    if (choice === 0) out.push(...text.subarray(0, random.below(text.length) + 1));
    else if (choice === 1) out.push(...text.subarray(random.below(text.length)));
    else if (choice === 2) out.push(0xf8 + random.below(8), ...text);
    else if (choice === 3) out.push(0x80 + random.below(64), ...text);
    else out.push(...text);
  }
  return wellSeparated(Uint8Array.from(out));
}

/** Takes out what only looks whole: forms too long, surrogates, code points past the last one. */
function wellSeparated(found: Uint8Array): Uint8Array {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const out: number[] = [];
  for (let at = 0; at < found.length; at++) {
    const byte = found[at] as number;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    const run = found.subarray(at, at + length);
    const continued = run.length === length && run.subarray(1).every(next => (next & 0xc0) === 0x80);
    if (length > 1 && byte < 0xf8 && continued) {
      try {
        strict.decode(run);
      } catch {
        continue;
      }
    }
    out.push(byte);
  }
  return Uint8Array.from(out);
}

/** All code points but surrogates, 48 in a text, each after what makes pre-tokenizers decide. */
function everyCodePoint(): string[] {
  const codes: number[] = [];
  for (let code = 0; code < 0x32400; code++) if (code < 0xd800 || code > 0xdfff) codes.push(code);
  for (let code = 0xe0000; code < 0xe0200; code++) codes.push(code);
  const around = ['', ' ', 'a', '1', '  ', "'"];
  const texts: string[] = [];
  for (let at = 0; at < codes.length; at += 48) {
    const some = codes.slice(at, at + 48).map(code => String.fromCodePoint(code));
    texts.push(some.join(around[(at / 48) % around.length] as string));
  }
  return texts;
}

/** More than 20,000 texts. */
export function tokenizerCorpus(seed = 6): Corpus {
  const random = new SeededRandom(seed);
  const pick =
    (...lists: readonly (readonly string[])[]) =>
    () =>
      random.pick(random.pick(lists));
  const source = ['reflect-metadata/Reflect.js', 'uplot/dist/uPlot.esm.js', ...filesIn('protobufjs/src')];
  const locales = filesIn('zod/src/v4/locales');
  const prose = ['aedes', 'mqtt', 'yaml', 'zod', 'protobufjs', 'fast-check', 'hono'].map(
    name => `${name}/README.md`,
  );
  const licences = ['zod', 'yaml', 'hono', 'protobufjs', 'fast-check', 'reflect-metadata'].map(
    name => `${name}/LICENSE`,
  );
  const texts = {
    source: [...lines(source), ...blocks(random, source, 1000)],
    languages: [...lines(locales), ...blocks(random, locales, 1000)],
    prose: [...lines([...prose, ...licences]), ...blocks(random, prose, 300)],
    scripts: drawn(3000, 8, random, scriptText(random)),
    emoji: drawn(
      1000,
      12,
      random,
      () => random.pick(emoji) + random.pick(['', '\u200d', ' ', '\ufe0f', '\u200d']),
    ),
    digits: drawn(1000, 10, random, pick(digits, digits, spaces, signs, words)),
    spaces: drawn(1500, 12, random, pick(spaces, spaces, words, signs)),
    controls: drawn(800, 12, random, () =>
      random.below(2) === 0
        ? String.fromCharCode(random.below(32))
        : pick(words, ['\x7f', '\x00', '\x1b[0m', '\ufeff'])(),
    ),
    looks: drawn(1500, 6, random, pick(looks, looks, words, spaces)),
    long: [' ', 'x', '\n', '=', 'ab', '▁', 'é', '🧶', '\t \t'].flatMap(unit =>
      [31, 32, 33, 257, 1000].map(count => unit.repeat(count)),
    ),
    codePoints: everyCodePoint(),
    empty: [''],
  };
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, found]) => [name, found.map(bytes)])),
    broken: Array.from({ length: 2500 }, () => broken(random)),
  };
}
