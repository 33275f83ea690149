// Holds the memory plan's estimate to measured peaks: one fresh process for each shape of a run, on the built engine.
//
//   node bench/trainingMemory.mjs --model FILE [--mode fast|exact] [--threads N] [--shapes 8x45/8,1x512/8] [--targets q,v] [--recompute none|layers]
//
// A shape is EXAMPLESxTOKENS/LABELS. The last line of standard output is one JSON document.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { open } from '../dist/model/index.js';
import { openSource } from '../dist/platform/files.js';
import { ids } from './cases/measure.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    mode: { type: 'string', default: 'fast' },
    threads: { type: 'string', default: '2' },
    shapes: { type: 'string', default: '1x16/4,1x128/8,1x128/128,8x45/8,4x128/8,1x512/8,2x256/64' },
    targets: { type: 'string', default: 'q,v' },
    recompute: { type: 'string', default: 'none' },
    child: { type: 'string' },
  },
});

const options = {
  shape: { mode: 'lora', rank: 8, alpha: 16, targets: values.targets.split(',') },
  learningRate: 1e-4,
  weightDecay: 0,
  clipNorm: 1,
};

/** Trains three steps of one run each, within a budget that is no bound, and says what was estimated and taken. */
async function child(shape) {
  const [count, length, labels] = shape.split(/[x/]/).map(Number);
  const source = openSource(values.model);
  const model = await open(source, { arithmetic: values.mode, threads: Number(values.threads) });
  const { vocabulary } = model.info;
  const examples = Array.from({ length: count }, (_, n) => {
    const all = ids(length + 1, vocabulary, n * 1000 + 1);
    return { prompt: all.slice(0, -labels), answer: all.slice(-labels) };
  });
  const wide = { ...options, maxTokensPerRun: count * length, recompute: values.recompute };
  const plan = model.planTraining(wide, examples, { budgetBytes: 1e12 });
  const trainer = await model.trainer({ ...wide, memory: plan }, { seed: 1 });
  const opened = process.resourceUsage().maxRSS * 1024;
  const resident = process.memoryUsage.rss();
  const times = [];
  for (let step = 0; step < 3; step++) {
    const began = performance.now();
    await trainer.step(examples);
    times.push(performance.now() - began);
  }
  const measured = process.resourceUsage().maxRSS * 1024;
  const ms = Math.min(...times);
  process.stdout.write(
    JSON.stringify({
      shape,
      estimated_mb: Math.round(plan.estimatedBytes / 1e6),
      opened_mb: Math.round(opened / 1e6),
      resident_mb: Math.round(resident / 1e6),
      measured_mb: Math.round(measured / 1e6),
      estimated_over_measured: Number((plan.estimatedBytes / measured).toFixed(3)),
      tokens_per_s: Math.round((1000 * count * length) / ms),
    }),
  );
  process.exit(0);
}

function parent() {
  const program = fileURLToPath(import.meta.url);
  const given = process.argv.slice(2);
  const found = values.shapes.split(',').map(shape => {
    const line = execFileSync(process.execPath, [program, ...given, '--child', shape], { encoding: 'utf8' });
    process.stderr.write(`${line}\n`);
    return JSON.parse(line);
  });
  process.stdout.write(
    `${JSON.stringify({ bench: 'training-memory', mode: values.mode, targets: values.targets, recompute: values.recompute, shapes: found })}\n`,
  );
}

if (values.child === undefined) parent();
else await child(values.child);
