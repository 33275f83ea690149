// How time and memory grow with context, layers, rank and batch: measured point by point into a file, and drawn from it.
//
//   node bench/growth.mjs measure MODEL OUT.json [--only answer-context,train-rank,…] [--seconds N]
//     adds what OUT.json lacks; begins no point after N seconds, so that one can go on later
//   node bench/growth.mjs draw OUT.json FOLDER       growth-answering.svg and growth-training.svg

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chart } from './chart.mjs';
import { measured, series } from './growthPoints.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: Object.keys(series).join(',') },
    seconds: { type: 'string', default: '3600' },
  },
});
const [what, ...files] = positionals;

const read = file => JSON.parse(readFileSync(file, 'utf8'));

/** What is found is kept by series, each point as {[along], …figures}. */
async function measure(model, out) {
  const found = existsSync(out) ? read(out) : {};
  const folder = mkdtempSync(join(tmpdir(), 'skein-growth-'));
  const packed = new Set();
  const begun = performance.now();
  try {
    for (const name of values.only.split(',')) {
      const { along, values: places, fixed } = series[name];
      found[name] ??= [];
      for (const place of places) {
        if (found[name].some(one => one[along] === place)) continue;
        if (performance.now() - begun > Number(values.seconds) * 1000) return;
        const point = { ...fixed, [along]: place };
        found[name].push({ [along]: place, ...(await measured(point, { model, folder, packed })) });
        process.stderr.write(`${name} ${JSON.stringify(found[name].at(-1))}\n`);
        found[name].sort((a, b) => a[along] - b[along]);
        writeFileSync(
          out,
          `${JSON.stringify(found, null, 2)
            .replaceAll(/\n {6}/g, ' ')
            .replaceAll(/\n {4}\}/g, ' }')}\n`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lines of the pictures: a row of panels is time and memory; a line is [name, series, figure]. */
const pictures = {
  'growth-answering.svg': [
    ...[
      ['answer-context', 'context, tokens'],
      ['answer-layers', 'layers'],
      ['answer-rank', 'rank of the adapter on q and v'],
    ].map(([name, below]) => ({
      below,
      time: [
        ['prompt', name, 'prefill_ms'],
        ['answer', name, 'decode_ms'],
      ],
      memory: [['', name, 'peak_mb']],
    })),
    {
      below: 'requests decoded together',
      time: [['all requests', 'answer-batch', 'decode_ms']],
      memory: [['', 'answer-batch', 'peak_mb']],
    },
  ],
  'growth-training.svg': [
    {
      below: 'context, tokens',
      time: [
        ['kept', 'train-context', 'train_ms'],
        ['computed again', 'train-context-lean', 'train_ms'],
      ],
      memory: [
        ['kept', 'train-context', 'peak_mb'],
        ['computed again', 'train-context-lean', 'peak_mb'],
      ],
    },
    ...[
      ['train-layers', 'layers'],
      ['train-rank', 'rank on q and v'],
      ['train-batch', 'examples of 128 tokens in a step'],
    ].map(([name, below]) => ({
      below,
      time: [['', name, 'train_ms']],
      memory: [['', name, 'peak_mb']],
    })),
  ],
};

function draw(file, folder) {
  const found = read(file);
  const line = ([name, key, figure]) => ({
    name,
    points: (found[key] ?? []).map(one => [one[series[key].along], one[figure]]),
  });
  const measuredRows = rows => rows.filter(({ time }) => time.some(([, key]) => found[key]?.length > 0));
  for (const [name, rows] of Object.entries(pictures)) {
    const panels = measuredRows(rows).map(({ below, time, memory }) => [
      { title: 'milliseconds a token', below, lines: time.map(line) },
      { title: 'peak memory, MB', below, lines: memory.map(line) },
    ]);
    writeFileSync(join(folder, name), chart(`How ${name.replace(/growth-|\.svg/g, '')} grows`, panels));
  }
}

if (what === 'measure' && files.length === 2) await measure(...files);
else if (what === 'draw' && files.length === 2) draw(...files);
else {
  process.stderr.write(
    'growth.mjs measure MODEL OUT.json [--only NAME,…] [--seconds N] | draw OUT.json FOLDER\n',
  );
  process.exitCode = 2;
}
