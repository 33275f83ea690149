// Proves adapters against Python's PEFT, in both directions: folders that Skein writes give the same logits there, and
// folders that PEFT writes give the same logits here. One JSON document is the last line of standard output.
//
//   node bench/peft.mjs [--model FILE.gguf] [--python PROGRAM]   # a Python with torch, transformers, peft and gguf

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { adapterTensors } from '../dist/model/architecture/adapterNames.js';
import { readConfig } from '../dist/model/architecture/config.js';
import { readModel } from '../dist/model/formats/files.js';
import { decodePeft, encodePeft, peftFiles } from '../dist/model/formats/peft.js';
import { decodeSafetensors } from '../dist/model/formats/safetensors.js';
import { open } from '../dist/model/index.js';
import { obtainModel } from '../dist/platform/modelFile.js';
import { openModelFiles } from '../dist/platform/modelFiles.js';

const most = 1e-3;
const texts = [
  'The capital of France is',
  'def add(a, b):\n    return',
  'Request: my card was declined twice\nTopic:',
];
const shapes = {
  qv: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
  all: { mode: 'lora', rank: 6, alpha: 9, targets: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] },
};

const { values } = parseArgs({
  options: { model: { type: 'string' }, python: { type: 'string', default: 'python3' } },
});
const { file } = await obtainModel({ file: values.model });
const folder = mkdtempSync(path.join(tmpdir(), 'skein-peft-'));
const files = openModelFiles(file);
const model = await open(files, { arithmetic: 'exact', threads: 2 });

/** An adapter whose two matrices both count. */
function adapter(shape) {
  const tensors = adapterTensors(readConfig(readModel(files)), shape).map(
    ({ name, side, shape: size }, at) => ({
      name,
      shape: size,
      values: Float32Array.from(
        { length: size[0] * size[1] },
        (_, i) => Math.sin(i * 12.9898 + at) * (side === 'A' ? 1 / Math.sqrt(size[1]) : 0.03),
      ),
    }),
  );
  return { shape, tensors };
}

function readFolder(at) {
  const read = name =>
    existsSync(path.join(at, name)) ? new Uint8Array(readFileSync(path.join(at, name))) : undefined;
  return decodePeft(Object.fromEntries(Object.values(peftFiles).map(name => [name, read(name)])));
}

async function logits(given, sequences) {
  const loaded = given && model.loadAdapter(given);
  const found = [];
  for (const ids of sequences) found.push(...(await model.logits(ids, { adapter: loaded })));
  loaded?.release();
  return found;
}

const farthest = (a, b) => a.reduce((far, value, i) => Math.max(far, Math.abs(value - b[i])), 0);

try {
  const sequences = texts.map(text => model.tokenizer.encode(text));
  writeFileSync(path.join(folder, 'ids.json'), JSON.stringify(sequences));
  for (const [name, shape] of Object.entries(shapes)) {
    const at = path.join(folder, `ours-${name}`);
    mkdirSync(at);
    const encoded = encodePeft(adapter(shape), path.basename(file));
    for (const [part, bytes] of Object.entries(encoded)) writeFileSync(path.join(at, part), bytes);
  }
  const script = fileURLToPath(new URL('reference/adapters.py', import.meta.url));
  const { status } = spawnSync(values.python, [script, file, folder], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${values.python} ${script} ended with ${status}.`);
  const { tensors } = decodeSafetensors(
    new Uint8Array(readFileSync(path.join(folder, 'logits.safetensors'))),
  );
  const base = tensors.find(({ name }) => name === 'base').values;
  const cases = [];
  for (const { name, values: theirs } of tensors) {
    const own = await logits(name === 'base' ? undefined : readFolder(path.join(folder, name)), sequences);
    cases.push({ case: name, difference: farthest(theirs, own), effect: farthest(theirs, base) });
    process.stderr.write(`${JSON.stringify(cases.at(-1))}\n`);
  }
  // An adapter that changes nothing would prove nothing.
  const ok = cases.every(one => one.difference <= most && (one.case === 'base' || one.effect > 0.1));
  process.stdout.write(`${JSON.stringify({ bench: 'peft', model: path.basename(file), most, ok, cases })}\n`);
  process.exitCode = ok ? 0 : 1;
} finally {
  model.close();
  files.close();
  rmSync(folder, { recursive: true });
}
