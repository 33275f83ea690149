// Who takes part: Skein, and the peers that were asked for, each on its file.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { llamaPython, nodeLlamaFolder, peersFolder, torchPython } from './peers/install.mjs';
import { startPeer } from './peers/peer.mjs';

const script = name => fileURLToPath(new URL(`peers/${name}`, import.meta.url));

/** What `--peer llama` stands for: llama.cpp on the same file, and on its own requantisations of it. */
const llamaKinds = [undefined, 'q8_0', 'q4_0'];

export const startSkein = () => startPeer(process.execPath, [script('skein.mjs')]);

async function requantised({ file, kind, python, say }) {
  const folder = join(peersFolder(), 'models');
  mkdirSync(folder, { recursive: true });
  const out = join(folder, `${basename(file, '.gguf')}.${statSync(file).size}.${kind}.gguf`);
  if (!existsSync(out)) {
    say(`llama.cpp requantises to ${out}`);
    const peer = startPeer(python, [script('llama.py')]);
    await peer.ask('quantise', { source: file, out, type: kind });
    await peer.close();
  }
  return out;
}

/** Each has a key, the file it runs and a way to start it. Skein is first, as `ours`. `only`: keys of the peers; all where not given. */
export async function lineUp({ file, peers, only, python, say }) {
  const contestants = [{ key: 'ours', file, start: startSkein }];
  if (peers.includes('llama')) {
    const own = llamaPython({ python, say });
    for (const kind of llamaKinds) {
      const key = kind === undefined ? 'llama' : `llama-${kind}`;
      if (!(only?.includes(key) ?? true)) continue;
      contestants.push({
        key,
        file: kind === undefined ? file : await requantised({ file, kind, python: own, say }),
        start: () => startPeer(own, [script('llama.py')]),
      });
    }
  }
  if (peers.includes('node-llama') && (only?.includes('node-llama') ?? true)) {
    const folder = nodeLlamaFolder({ say });
    contestants.push({
      key: 'node-llama',
      file,
      start: () => startPeer(process.execPath, [script('nodeLlama.mjs'), folder]),
    });
  }
  return contestants;
}

/** Starts all and opens their models; `close` ends them. */
export async function enter(contestants, { mode, threads, capacity }) {
  const all = [];
  try {
    for (const contestant of contestants) {
      const peer = contestant.start();
      all.push({ ...contestant, peer });
      await peer.ask('open', { model: contestant.file, mode, threads, capacity, ...contestant.options });
    }
  } catch (error) {
    await Promise.all(all.map(({ peer }) => peer.close()));
    throw error;
  }
  return { all, close: () => Promise.all(all.map(({ peer }) => peer.close())) };
}

/** Who trains: Skein, and PyTorch with PEFT, plain and with gradient checkpointing. */
export async function lineUpLearners({ file, peers, only, python, say }) {
  const ours = { key: 'ours', file, start: () => startPeer(process.execPath, [script('learner.mjs')]) };
  if (!peers.includes('torch')) return [ours];
  const own = torchPython({ python, say });
  const start = () => startPeer(own, [script('pytorch.py')]);
  const torches = [
    { key: 'torch', file, start },
    { key: 'torch-checkpointing', file, start, options: { checkpointing: true } },
  ];
  return [ours, ...torches.filter(({ key }) => only?.includes(key) ?? true)];
}

/** One contestant in training: `torch`, or Skein in a mode that `open` is told. */
export const startLearner = (who, python = 'python3') =>
  who === 'torch'
    ? startPeer(python, [script('pytorch.py')])
    : startPeer(process.execPath, [script('learner.mjs')]);
