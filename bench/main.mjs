// Runs one benchmark on the built engine: progress on standard error, one JSON document as the last line of standard output.

import { parseArgs } from 'node:util';
import { toSkeinError } from '../dist/core/errors.js';
import { open } from '../dist/model/index.js';
import { obtainModel } from '../dist/platform/modelFile.js';
import { openModelFiles } from '../dist/platform/modelFiles.js';
import { decode } from './cases/decode.mjs';
import { memory } from './cases/memory.mjs';
import { prefill } from './cases/prefill.mjs';
import { train } from './cases/train.mjs';

const cases = { decode, prefill, train, memory };
const usage = `bench ${Object.keys(cases).join('|')} [--model FILE] [--mode fast|exact] [--threads N] [--context N] [--repeat N] [--json]`;

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: 'string' },
      mode: { type: 'string', default: 'fast' },
      threads: { type: 'string', default: '2' },
      context: { type: 'string' },
      repeat: { type: 'string', default: '7' },
      json: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  const whole = text => (text === undefined ? undefined : Number(text));
  const parsed = {
    name,
    file: values.model,
    json: values.json,
    arithmetic: values.mode,
    threads: whole(values.threads),
    context: whole(values.context),
    repeat: whole(values.repeat),
  };
  const numbers = [parsed.threads, parsed.repeat, parsed.context ?? 1];
  const good = numbers.every(number => Number.isInteger(number) && number > 0);
  if (positionals.length !== 1 || !(name in cases) || !['fast', 'exact'].includes(values.mode) || !good) {
    throw new TypeError(`Usage: ${usage}`);
  }
  return parsed;
}

const say = text => process.stderr.write(`${text}\n`);

async function main() {
  const { name, file, json, ...given } = options();
  const obtained = await obtainModel(file === undefined ? {} : { file });
  const source = openModelFiles(obtained.file);
  try {
    const openModel = (more = {}) =>
      open(source, { arithmetic: given.arithmetic, threads: given.threads, ...more });
    const figures = await cases[name]({ ...given, openModel, say });
    const document = {
      bench: name,
      mode: given.arithmetic,
      threads: given.threads,
      ours: { ...figures, rss_mb: figures.rss_mb ?? Math.round(process.memoryUsage().rss / 1e6) },
    };
    process.stdout.write(`${json ? JSON.stringify(document) : JSON.stringify(document, null, 2)}\n`);
  } finally {
    source.close();
  }
}

try {
  await main();
} catch (error) {
  if (error instanceof TypeError) {
    say(error.message);
    process.exitCode = 2;
  } else {
    const known = toSkeinError(error);
    say(`${known.code}: ${known.message}`);
    process.exitCode = known.exitCode;
  }
}
