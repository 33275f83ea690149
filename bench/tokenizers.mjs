// Compares tokenizers with llama.cpp's, id by id, over the corpus of the tests; the last line is one JSON document.
// node bench/tokenizers.mjs NAME=MODEL.gguf… [--python PROGRAM] [--variant NAME] [--write]
// NAME is smollm2 or gemma3 (whose variants are compared too, and whose digests --write puts into test/fixtures), or any other.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';
import { readGguf } from '../dist/model/formats/gguf.js';
import { tokenizerFromGguf } from '../dist/model/text/ggufTokenizer.js';
import { openSource } from '../dist/platform/files.js';
import { llamaPython } from './peers/install.mjs';

const { tokenizerCorpus } = await tsImport('../test/helpers/tokenizerCorpus.ts', import.meta.url);
const helpers = await tsImport('../test/helpers/tokenizerDigests.ts', import.meta.url);
const fixture = new URL('../test/fixtures/tokenizers.json', import.meta.url);
const say = text => process.stderr.write(`${text}\n`);

const u32 = value => Buffer.from(Uint32Array.of(value).buffer);
const packed = texts =>
  Buffer.concat([u32(texts.length), ...texts.flatMap(text => [u32(text.length), text])]);

/** The peer's ids, text by text, both ways. */
function theirs({ python, file, overrides, texts, folder }) {
  const [corpusFile, idsFile] = [join(folder, 'corpus'), join(folder, 'ids')];
  writeFileSync(corpusFile, packed(texts));
  const script = fileURLToPath(new URL('peers/tokenizers.py', import.meta.url));
  const { status, stdout } = spawnSync(
    python,
    [script, file, JSON.stringify(overrides), corpusFile, idsFile],
    { stdio: ['ignore', 'pipe', 2], encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The peer failed: exit code ${status}.`);
  const bytes = readFileSync(idsFile);
  const ids = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let at = 0;
  const next = () => {
    const count = ids[at];
    at += count + 1;
    return [...ids.subarray(at - count, at)];
  };
  return { lists: texts.map(() => [next(), next()]), ...JSON.parse(stdout.trim().split('\n').at(-1)) };
}

function ours({ file, overrides, texts }) {
  const source = openSource(file);
  const start = performance.now();
  const { metadata } = readGguf(source);
  const tokenizer = tokenizerFromGguf({ metadata: new Map([...metadata, ...Object.entries(overrides)]) });
  const load = performance.now() - start;
  source.close();
  const begun = performance.now();
  const lists = texts.map(text => helpers.bothWays(tokenizer, text));
  return { lists, load_ms: load, encode_ms: performance.now() - begun };
}

const same = (a, b) => a.length === b.length && a.every((id, i) => id === b[i]);

function compare(name, variant, given) {
  const { corpus } = given;
  const texts = Object.values(corpus).flat();
  const [mine, peer] = [ours({ ...given, texts }), theirs({ ...given, texts })];
  const different = {};
  let at = 0;
  let equal = 0;
  for (const [part, found] of Object.entries(corpus)) {
    for (const text of found) {
      const wrong = [0, 1].filter(way => !same(mine.lists[at][way], peer.lists[at][way]));
      if (wrong.length === 0) equal++;
      else {
        different[part] = (different[part] ?? 0) + 1;
        if (different[part] <= 3) {
          const [way] = wrong;
          say(
            `${name} ${variant} ${part} ${way === 0 ? 'special' : 'plain'} ${JSON.stringify(Buffer.from(text).toString())}`,
          );
          say(
            `  ours   ${mine.lists[at][way].slice(0, 40).join(' ')}\n  theirs ${peer.lists[at][way].slice(0, 40).join(' ')}`,
          );
        }
      }
      at++;
    }
  }
  const megabytes = (2 * texts.reduce((sum, text) => sum + text.length, 0)) / 1e6;
  const speed = ({ load_ms, encode_ms }) => ({
    load_ms: Math.round(load_ms),
    mb_per_s: Number((megabytes / (encode_ms / 1000)).toFixed(2)),
  });
  let index = 0;
  const digests = helpers.digests(corpus, () => peer.lists[index++]);
  const row = { name, variant, lines: texts.length, equal, different, ours: speed(mine), peer: speed(peer) };
  say(JSON.stringify(row));
  return { row, digests };
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: 'string', default: process.env.SKEIN_BENCH_PYTHON },
      variant: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const python = llamaPython({ python: values.python, say });
  const corpus = tokenizerCorpus();
  const folder = mkdtempSync(join(tmpdir(), 'skein-tokenizers-'));
  const rows = [];
  const written = values.write ? JSON.parse(readFileSync(fixture, 'utf8')) : {};
  try {
    for (const model of positionals) {
      const [name, file] = model.split('=');
      for (const [variant, overrides] of Object.entries(helpers.variants[name] ?? { file: {} })) {
        if ((values.variant ?? variant) !== variant) continue;
        const { row, digests } = compare(name, variant, { python, file, overrides, corpus, folder });
        rows.push(row);
        if (name in helpers.variants) {
          written[name] ??= {};
          written[name][variant] = digests;
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (values.write) {
    written.corpus = helpers.corpusDigests(corpus);
    writeFileSync(fixture, `${JSON.stringify(written, null, 1)}\n`);
  }
  const sum = key => rows.reduce((total, row) => total + row[key], 0);
  process.stdout.write(
    `${JSON.stringify({ bench: 'tokenizers', lines: sum('lines'), equal: sum('equal'), rows })}\n`,
  );
}

main();
