// Learning, not speed: fast, exact and PyTorch with PEFT on the same records, from the same adapter, in the same order.
//
//   node bench/clinc.mjs MODEL DATA [--python PROGRAM] [--seeds 1,2,3] [--steps 40] [--who fast,exact,torch]
// DATA: a folder of JSON lines {text, label} (device-*.jsonl, holdout.jsonl) and labels.json. One JSON line a seed and contestant:
// the mean loss of the last five steps, accuracy on the first 200 held out, and their mean log-probability of the right label.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../dist/core/random.js';
import { startLearner } from './lineUp.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string', default: '40' },
    who: { type: 'string', default: 'fast,exact,torch' },
  },
});
const [model, folder] = positionals;
const batchSize = 8;
const rate = 2e-3;
const heldOut = 200;

const rowsOf = name =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
const promptOf = ({ text }) => `Request: ${text}\nTopic:`;
const labels = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8'));
const records = readdirSync(folder)
  .filter(name => /^device-\d+\.jsonl$/.test(name))
  .sort()
  .flatMap(rowsOf);
const held = rowsOf('holdout.jsonl').slice(0, heldOut);

/** Batches in an order that the seed alone decides. */
function batchesOf(seed, encoded, steps) {
  const random = new SeededRandom(seed);
  const order = [];
  const batches = [];
  for (let step = 0; step < steps; step++) {
    while (order.length < batchSize) {
      const all = encoded.map((_, index) => index);
      for (let i = all.length - 1; i > 0; i--) {
        const other = random.below(i + 1);
        [all[i], all[other]] = [all[other], all[i]];
      }
      order.push(...all);
    }
    batches.push(order.splice(0, batchSize).map(index => encoded[index]));
  }
  return batches;
}

const scratch = mkdtempSync(join(tmpdir(), 'skein-clinc-'));
try {
  for (const who of values.who.split(',')) {
    const learner = startLearner(who, values.python);
    const teller = who === 'torch' ? startLearner('exact') : learner;
    await learner.ask('open', { model, mode: who, threads: 2 });
    if (teller !== learner) await teller.ask('open', { model, mode: 'exact', threads: 2 });
    const encode = async texts => (await teller.ask('encode', { texts })).ids;
    const prompts = await encode(records.map(promptOf));
    const answers = await encode(records.map(({ label }) => ` ${label}`));
    const asked = await encode(held.map(promptOf));
    const choices = (await encode(labels.map(label => ` ${label}`))).map(([first]) => first);
    const right = held.map(({ label }) => labels.indexOf(label));
    // The loss looks at the first token of the label alone, which is what is asked for.
    const encoded = prompts.map((prompt, index) => [...prompt, answers[index][0]]);

    for (const seed of values.seeds.split(',').map(Number)) {
      const file = join(scratch, `${seed}.f32`);
      const { adapter } = await teller.ask('trainer', { rate, clip: 1, seed, save: file });
      if (teller !== learner) await learner.ask('trainer', { rate, clip: 1, adapter });
      const losses = [];
      for (const batch of batchesOf(seed, encoded, Number(values.steps)))
        losses.push((await learner.ask('train', { batch, answers: 1 })).loss);
      const { chosen, logs } = await learner.ask('choose', { prompts: asked, choices });
      const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length;
      const figures = {
        who,
        seed,
        steps: losses.length,
        first_loss: losses[0],
        final_loss: mean(losses.slice(-5)),
        accuracy: mean(chosen.map((choice, index) => (choice === right[index] ? 1 : 0))),
        held_out_loss: -mean(logs.map((row, index) => row[right[index]])),
      };
      process.stdout.write(`${JSON.stringify(figures)}\n`);
    }
    await learner.close();
    if (teller !== learner) await teller.close();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
