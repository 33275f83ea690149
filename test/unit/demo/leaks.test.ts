// The leak search finds a private phrase in whatever form it reached the coordinator, and nothing where none did.

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Matcher } from '../../../cli/demo/leaks/matcher.js';
import { canonical, makeNeedles, wordRuns } from '../../../cli/demo/leaks/needles.js';
import { searchLeaks } from '../../../cli/demo/leaks/search.js';
import { published, type Recording } from '../../../cli/demo/leaks/wire.js';
import { SeededRandom, sha256, utf8 } from '../../../core/index.js';
import { skein } from '../../../proto/gen/skein.js';

const record = 'The tap in Ward 7 drips all night, says Mrs Hale. Code amber falcon.';
const sources = {
  records: [record, 'how do i pay'],
  canaries: ['amber falcon'],
  control: 'royal feather',
  publicTexts: ['Somebody said that the tap in ward 7 drips.'],
};

/** A megabyte that looks like weights: nothing must be found in it by chance. */
const noise = (() => {
  const random = new SeededRandom(3);
  const words = Uint32Array.from({ length: 1 << 18 }, () => random.uint32());
  return new Uint8Array(words.buffer);
})();

const around = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([noise.subarray(0, 5000), bytes, noise.subarray(5000, 9000)]);
const https = (bytes: Uint8Array): Recording[] => [{ protocol: 'https', bytes }];
const search = (recordings: readonly Recording[]) => searchLeaks(recordings, sources);

/** A QoS 1 PUBLISH of an envelope. */
function publish(kind: string, payload: Uint8Array): Uint8Array {
  const envelope = skein.Envelope.encode({
    version: 1,
    fleet: 'f',
    device: 'd',
    kind,
    payload,
    hash: sha256(payload),
  }).finish();
  const topic = utf8(`skein/1/f/d/d/up/${kind}`);
  const body = Buffer.concat([Uint8Array.of(0, topic.length), topic, Uint8Array.of(0, 1), envelope]);
  const length: number[] = [];
  for (let left = body.length; ; left >>>= 7) {
    length.push(left < 128 ? left : (left & 127) | 128);
    if (left < 128) break;
  }
  return Buffer.concat([Uint8Array.of(0x32, ...length), body]);
}

/** The stream of one client whose update, sent in chunks of `size`, is `blob`. */
function chunks(blob: Uint8Array, size: number): Recording[] {
  const id = sha256(blob);
  const count = Math.ceil(blob.length / size);
  const packets = Array.from({ length: count }, (_, index) => {
    const data = blob.subarray(index * size, (index + 1) * size);
    return publish('chunk', skein.Chunk.encode({ blob: id, index, count, size: blob.length, data }).finish());
  });
  return [{ protocol: 'mqtt', bytes: Buffer.concat(packets.reverse()) }];
}

describe('what is looked for', () => {
  it('is every run of five words, or the whole where there are fewer', () => {
    expect(wordRuns('a b  c\nd, E f')).toEqual(['a b c d e', 'b c d e f']);
    expect(wordRuns('How do I pay?')).toEqual(['how do i pay']);
    expect(wordRuns('  ')).toEqual([]);
  });

  it('leaves out what stands in public data, and counts what is too short', () => {
    const { all, tooShort } = makeNeedles({ ...sources, records: [...sources.records, 'hi'] });
    const texts = all.map(needle => Buffer.from(needle.bytes).toString());
    expect(texts).toContain('in ward 7 drips all');
    expect(texts).not.toContain('the tap in ward 7');
    expect(texts).toContain('how do i pay');
    expect(tooShort).toBe(1);
  });

  it('matcher agrees with a plain search', () => {
    const letters = fc.stringMatching(/^[ab ]{8,12}$/).map(utf8);
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 20 }),
        fc.stringMatching(/^[ab ]{0,300}$/).map(utf8),
        (needles, text) => {
          const expected = needles.flatMap((needle, index) =>
            Buffer.from(text).includes(Buffer.from(needle)) ? [index] : [],
          );
          expect([...new Matcher(needles).find(text)].sort((a, b) => a - b)).toEqual(expected);
        },
      ),
    );
  });
});

describe('what is found', () => {
  const encodings: Readonly<Record<string, (text: string) => Uint8Array>> = {
    'as it is': utf8,
    'in capitals with other spacing': text => utf8(text.toUpperCase().replaceAll(' ', '\r\n\t')),
    'UTF-16': text => Buffer.from(text, 'utf16le'),
    'UTF-16 with the other byte order': text => Buffer.from(text, 'utf16le').swap16(),
    'UTF-32': text => Buffer.from([...text].flatMap(c => [c.charCodeAt(0), 0, 0, 0])),
    base64: text => utf8(Buffer.from(text).toString('base64')),
    base64url: text => utf8(`x${Buffer.from(text).toString('base64url')}`),
    hex: text => utf8(`0${Buffer.from(text).toString('hex')}`),
    gzip: text => gzipSync(text),
    'gzip with a file name': text => {
      const [header, body] = [Buffer.from(gzipSync(text).subarray(0, 10)), gzipSync(text).subarray(10)];
      header[3] = 8;
      return Buffer.concat([header, utf8('notes.txt\0'), body]);
    },
    deflate: text => deflateSync(text),
    'JSON with escapes': text => utf8(JSON.stringify({ text: text.replaceAll(' ', '\n') })),
    'JSON with code points': text =>
      utf8([...text].map(c => `\\u00${c.charCodeAt(0).toString(16)}`).join('')),
    'a query': text => utf8(`?q=${encodeURIComponent(text)}&r=${text.replaceAll(' ', '+')}`),
    'base64 of gzip': text => utf8(gzipSync(text).toString('base64')),
    'hex of UTF-16 in gzip': text => gzipSync(Buffer.from(text, 'utf16le').toString('hex')),
  };

  it.each(Object.entries(encodings))('%s', (_, encode) => {
    const report = search(https(around(encode(record))));
    expect(report.leaks.map(finding => finding.text)).toContain('amber falcon');
    expect(report.leaks.map(finding => finding.text)).toContain('in ward 7 drips all');
    expect(search(https(around(encode('royal feather, nothing else')))).control).toHaveLength(1);
  });

  it('a text glued to other letters', () => {
    expect(search(https(utf8(`xx${record}yy`))).leaks.map(finding => finding.kind)).toContain('canary');
  });

  it('a text across HTTP chunks', () => {
    const bytes = utf8('POST / HTTP/1.1\r\n\r\nb\r\nmy code ambe\r\n8\r\nr falcon\r\n0\r\n');
    expect(search(https(bytes)).leaks.map(finding => finding.text)).toEqual(['amber falcon']);
  });

  it('a text across the chunks of a blob, in any order', () => {
    const recordings = chunks(utf8(record), 7);
    expect(search(recordings).leaks.map(finding => finding.text)).toContain('amber falcon');
    expect(search([{ ...recordings[0]!, protocol: 'https' }]).leaks).toEqual([]);
  });

  it.each([deflateRawSync, brotliCompressSync])('a payload compressed without a header (%o)', compress => {
    expect(
      search([{ protocol: 'mqtt', bytes: publish('presence', compress(utf8(record))) }]).leaks,
    ).not.toEqual([]);
  });

  it('a text written as the numbers of a tensor', () => {
    const values = new Uint8Array(Float32Array.from(utf8(record)).buffer);
    const blob = skein.Update.encode({
      tensors: [{ name: 'a', shape: [values.length / 4], values }],
    }).finish();
    expect(search(chunks(blob, 4096)).leaks.map(finding => finding.text)).toContain('amber falcon');
  });

  it('the control, once for each protocol', () => {
    const text = utf8('code royal feather');
    const report = search([...https(text), { protocol: 'mqtt', bytes: publish('presence', text) }]);
    expect(report.control).toHaveLength(2);
    expect(report.leaks).toEqual([]);
  });
});

describe('what is not found', () => {
  it('nothing in weights, nothing public', () => {
    const report = search([...https(noise), ...chunks(noise, 49_152), ...https(utf8('The tap in ward 7'))]);
    expect(report.leaks).toEqual([]);
    expect(report.control).toEqual([]);
    expect(report.bytesSearched).toBeGreaterThan(2 * noise.length);
  });

  it('arbitrary bytes neither crash nor hang the search', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('mqtt' as const, 'https' as const),
        (bytes, protocol) => {
          expect(search([{ protocol, bytes }]).bytesSearched).toBe(bytes.length);
          expect([...published(bytes)].length).toBeLessThanOrEqual(bytes.length);
        },
      ),
    );
  });

  it('canonical form has no two separators in a row', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(Buffer.from(canonical(bytes)).includes('  ')).toBe(false);
      }),
    );
  });
});
