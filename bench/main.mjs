// Runs one benchmark on the built engine: progress on standard error, one JSON document as the last line of standard output.

import { parseArgs } from 'node:util';
import { toSkeinError } from '../dist/core/errors.js';
import { open } from '../dist/model/index.js';
import { obtainModel } from '../dist/platform/modelFile.js';
import { openModelFiles } from '../dist/platform/modelFiles.js';
import { decode, capacity as decodeCapacity } from './cases/decode.mjs';
import { memory, stages } from './cases/memory.mjs';
import { prefill, capacity as prefillCapacity } from './cases/prefill.mjs';
import { start } from './cases/start.mjs';
import { train } from './cases/train.mjs';
import { measureFidelity } from './fidelity.mjs';
import { enter, lineUp, lineUpLearners } from './lineUp.mjs';
import { llamaPython, nodeLlamaFolder } from './peers/install.mjs';

/** Those whose contestants are processes that run in turns. */
const races = {
  decode: { run: decode, capacity: decodeCapacity },
  prefill: { run: prefill, capacity: prefillCapacity },
};
const peerNames = ['llama', 'node-llama', 'torch'];
const names = ['decode', 'prefill', 'start', 'memory', 'fidelity', 'train', 'setup'];
const usage = [
  `bench ${names.join('|')} [--model FILE] [--mode fast|exact] [--threads N] [--context N] [--repeat N] [--json]`,
  `  [--peer ${peerNames.join('|')}]… [--only KEY]… [--python PROGRAM] [--fidelity TOKENS]`,
  'Peers are installed into the cache folder on first use, or by `setup`. --python: one that has llama-cpp-python already.',
  '--only: of the peers of that name, these alone: llama, llama-q8_0, llama-q4_0, node-llama, torch, torch-checkpointing.',
  'train: [--tokens N] [--examples N] [--loss labels|all] [--memory usual|lean]',
  '--fidelity: held-out tokens that decode and prefill compare with exact arithmetic (default 1024 with peers, else 0).',
].join('\n');

/** `parseArgs`, whose complaints become ours. */
function readArguments(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new TypeError(`Usage: ${usage}\n${error.message.split('. ')[0]}`);
  }
}

/** What was asked for; throws a TypeError that begins with `Usage` where it cannot be. */
function options() {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      model: { type: 'string' },
      mode: { type: 'string', default: 'fast' },
      threads: { type: 'string', default: '2' },
      context: { type: 'string' },
      repeat: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true },
      python: { type: 'string', default: process.env.SKEIN_BENCH_PYTHON },
      fidelity: { type: 'string' },
      tokens: { type: 'string' },
      examples: { type: 'string' },
      loss: { type: 'string', default: 'labels' },
      memory: { type: 'string', default: 'usual' },
    },
  });
  if (values.help) return { help: true };
  const [name] = positionals;
  const whole = text => (text === undefined ? undefined : Number(text));
  const parsed = {
    name,
    file: values.model,
    json: values.json,
    mode: values.mode,
    threads: whole(values.threads),
    context: whole(values.context),
    repeat: whole(values.repeat),
    peers: values.peer,
    only: values.only,
    tokens: whole(values.tokens),
    examples: whole(values.examples),
    loss: values.loss,
    memory: values.memory,
    python: values.python,
    fidelity: whole(
      values.fidelity ?? (name === 'fidelity' ? '10240' : values.peer.length > 0 ? '1024' : '0'),
    ),
  };
  const { threads, repeat, context = 1, fidelity, tokens = 128, examples = 1 } = parsed;
  const numbers = [threads, repeat, context, fidelity + 1, tokens, examples];
  const good = numbers.every(number => Number.isInteger(number) && number > 0);
  const known =
    names.includes(name) &&
    ['fast', 'exact'].includes(values.mode) &&
    ['labels', 'all'].includes(values.loss) &&
    ['usual', 'lean'].includes(values.memory);
  if (positionals.length !== 1 || !known || !good || !values.peer.every(peer => peerNames.includes(peer))) {
    throw new TypeError(`Usage: ${usage}`);
  }
  return parsed;
}

const say = text => process.stderr.write(`${text}\n`);

/** `ours` and the peers as {tokens_per_s, fidelity, rss_mb}, what else was found, and the ratios last. */
function documentOf(
  { name, mode, threads },
  keys,
  { tokens_per_s = {}, fidelity = {}, rss_mb = {}, ratios, more },
) {
  const entry = key => ({
    tokens_per_s: tokens_per_s[key] ?? null,
    fidelity: fidelity[key] ?? null,
    rss_mb: rss_mb[key] ?? null,
  });
  const peers = Object.fromEntries(keys.filter(key => key !== 'ours').map(key => [key, entry(key)]));
  return { bench: name, mode, threads, ours: entry('ours'), ...more, peers, ratio: ratios ?? {} };
}

async function vocabularyOf(file) {
  const model = await open(openModelFiles(file), { arithmetic: 'exact' });
  const { vocabulary } = model.info;
  model.close();
  return vocabulary;
}

/** Everyone's resident memory where they stand. */
async function residentOf(all) {
  const found = {};
  for (const { key, peer } of all) found[key] = Math.round((await peer.ask('rss')).rss_mb);
  return found;
}

async function race(given, file) {
  const { name, mode, threads, fidelity: tokens } = given;
  const vocabulary = await vocabularyOf(file);
  const contestants = await lineUp({ ...given, file, say });
  const { all, close } = await enter(contestants, {
    mode,
    threads,
    capacity: races[name]?.capacity(given) ?? 2048,
  });
  try {
    const found = name === 'fidelity' ? {} : await races[name].run(all, { ...given, vocabulary, say });
    const rss_mb = await residentOf(all);
    const fidelity = tokens === 0 ? {} : await measureFidelity(all, { file, threads, tokens, say });
    const { exact, ...others } = fidelity;
    const more = { ...(exact === undefined ? {} : { exact, held_out_tokens: tokens }), ...found.more };
    return documentOf(
      given,
      all.map(({ key }) => key),
      { ...found, rss_mb, fidelity: others, more },
    );
  } finally {
    await close();
  }
}

async function remember(given, file) {
  const vocabulary = await vocabularyOf(file);
  const contestants = await lineUp({ ...given, file, say });
  const found = await memory(contestants, { ...given, vocabulary, say });
  const openModel = () => open(openModelFiles(file), { arithmetic: given.mode, threads: given.threads });
  const more = { ...found.more, stages: await stages({ openModel, say }) };
  return documentOf(
    given,
    contestants.map(({ key }) => key),
    { ...found, more },
  );
}

async function begin(given, file) {
  const vocabulary = await vocabularyOf(file);
  const contestants = (await lineUp({ ...given, file, say })).filter(one => one.file === file);
  const figures = await start(contestants, { ...given, vocabulary, say });
  return { bench: 'start', mode: given.mode, threads: given.threads, ...figures };
}

async function learn(given, file) {
  const { mode, threads } = given;
  const vocabulary = await vocabularyOf(file);
  const contestants = await lineUpLearners({ ...given, file, say });
  const { all, close } = await enter(contestants, { mode, threads });
  try {
    const found = await train(all, { ...given, vocabulary, say });
    return documentOf(
      given,
      all.map(({ key }) => key),
      found,
    );
  } finally {
    await close();
  }
}

async function main() {
  const given = options();
  if (given.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (given.name === 'setup') {
    llamaPython({ python: given.python, say });
    nodeLlamaFolder({ say });
    return;
  }
  const { file } = await obtainModel(given.file === undefined ? {} : { file: given.file });
  const run = { start: begin, memory: remember, train: learn }[given.name] ?? race;
  const document = await run(given, file);
  process.stdout.write(`${given.json ? JSON.stringify(document) : JSON.stringify(document, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  if (error instanceof TypeError && error.message.startsWith('Usage')) {
    say(error.message);
    process.exitCode = 2;
  } else {
    const known = toSkeinError(error);
    say(`${known.code}: ${known.message}`);
    process.exitCode = known.exitCode;
  }
}
