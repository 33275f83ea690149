// How a training step's time and memory grow with context, rank and batch: each point in a fresh process, and a chart of them.
//
//   node bench/growth.mjs measure MODEL OUT.json [--only context,rank,batch] [--most N]    adds what OUT.json lacks
//   node bench/growth.mjs draw OUT.json CHART.svg

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ids, median, rounded } from './cases/measure.mjs';
import { chart } from './chart.mjs';
import { startLearner } from './lineUp.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: 'context,rank,batch' },
    most: { type: 'string', default: '1000' },
  },
});
const [what, ...files] = positionals;

const point = more => ({ context: 128, rank: 8, batch: 1, recompute: 'none', ...more });
/** Without recomputation every layer's maps of context x context are kept: 1,024 tokens are 4 GB. */
const series = {
  context: [
    ...[128, 256, 512, 1024].map(context => point({ context })),
    ...[128, 256, 512, 1024, 2048, 4096].map(context => point({ context, recompute: 'layers' })),
  ],
  rank: [4, 8, 16, 32, 64].map(rank => point({ rank })),
  batch: [1, 2, 4, 8].map(batch => point({ batch })),
};

async function measure(model, { context, rank, batch, recompute }) {
  const peer = startLearner('fast');
  await peer.ask('open', { model, mode: 'fast', threads: 2 });
  const shape = { mode: 'lora', rank, alpha: 2 * rank, targets: ['q', 'v'] };
  const options = { shape, recompute, maxTokensPerRun: context * batch };
  await peer.ask('trainer', { rate: 1e-4, clip: 1, options });
  const speeds = [];
  for (let step = 0; step < (context > 1024 ? 2 : 6); step++) {
    const given = Array.from({ length: batch }, (_, n) => ids(context, 40_000, step + n * 1000));
    const { tokens_per_s } = await peer.ask('train', { batch: given, answers: 8 });
    if (step > 0) speeds.push(tokens_per_s);
  }
  const { peak_mb } = await peer.ask('rss');
  await peer.close();
  return { tokens_per_s: rounded(median(speeds)), peak_mb: Math.round(peak_mb) };
}

if (what === 'measure') {
  const [model, out] = files;
  const found = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : [];
  let left = Number(values.most);
  for (const name of values.only.split(',')) {
    for (const given of series[name]) {
      const known = found.some(one => Object.entries(given).every(([key, value]) => one[key] === value));
      if (known || left-- <= 0) continue;
      found.push({ ...given, ...(await measure(model, given)) });
      process.stderr.write(`${JSON.stringify(found.at(-1))}\n`);
      writeFileSync(out, `${JSON.stringify(found, null, 1)}\n`);
    }
  }
} else if (what === 'draw') {
  const found = JSON.parse(readFileSync(files[0], 'utf8'));
  const lines = ['none', 'layers'].map(recompute => ({
    name: recompute === 'none' ? 'activations kept' : 'computed again by layers',
    points: found
      .filter(one => one.recompute === recompute && one.rank === 8 && one.batch === 1)
      .sort((a, b) => a.context - b.context),
  }));
  const panel = (title, key) => ({
    title,
    lines: lines.map(({ name, points }) => ({
      name,
      points: points.map(one => [one.context, one[key]]),
    })),
  });
  writeFileSync(
    files[1],
    chart([panel('tokens a second', 'tokens_per_s'), panel('peak memory, MB', 'peak_mb')], 'context, tokens'),
  );
} else {
  process.stderr.write('growth.mjs measure MODEL OUT.json | draw OUT.json CHART.svg\n');
  process.exitCode = 2;
}
