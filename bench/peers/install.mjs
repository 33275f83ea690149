// Puts peers into a folder of the user's cache, outside the project: nothing here is a dependency of Skein.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is installed, each with what its installation costs on two cores. */
const packages = {
  // Built on this machine with its own instructions: 4 minutes.
  llama: ['llama-cpp-python==0.3.36'],
  // 70 seconds, 5.6 GB.
  torch: ['torch==2.15.0', 'peft==0.21.2', 'transformers==5.23.0', 'gguf==0.19.0'],
  // Prebuilt: 15 seconds.
  nodeLlama: ['node-llama-cpp@3.22.1'],
};

export const peersFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'skein-bench');

function run(say, program, args, options = {}) {
  say(`${program} ${args.join(' ')}`);
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2], ...options });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? `exit code ${status}`}.`);
}

const imports = (python, name) => spawnSync(python, ['-c', `import ${name}`]).status === 0;

/** A Python that has llama-cpp-python: the one given (`python`), or one made here. */
export function llamaPython({ python, say }) {
  if (python !== undefined) {
    if (!imports(python, 'llama_cpp')) throw new Error(`${python} has no llama_cpp.`);
    return python;
  }
  const folder = join(peersFolder(), 'python');
  const own = join(folder, 'bin', 'python');
  if (!existsSync(own)) run(say, 'python3', ['-m', 'venv', folder]);
  if (!imports(own, 'llama_cpp')) {
    const native = { ...process.env, CMAKE_ARGS: '-DGGML_NATIVE=ON' };
    run(say, own, ['-m', 'pip', 'install', ...packages.llama], { env: native });
  }
  return own;
}

/** A Python that has torch, peft and transformers: the one given, or one made here. */
export function torchPython({ python, say }) {
  const has = program => ['torch', 'peft', 'transformers', 'gguf'].every(name => imports(program, name));
  if (python !== undefined) {
    if (!has(python)) throw new Error(`${python} lacks torch, peft, transformers or gguf.`);
    return python;
  }
  const folder = join(peersFolder(), 'torch');
  const own = join(folder, 'bin', 'python');
  if (!existsSync(own)) run(say, 'python3', ['-m', 'venv', folder]);
  if (!has(own)) run(say, own, ['-m', 'pip', 'install', ...packages.torch]);
  return own;
}

/** The folder whose node_modules have node-llama-cpp. */
export function nodeLlamaFolder({ say }) {
  const folder = join(peersFolder(), 'node');
  if (!existsSync(join(folder, 'node_modules', 'node-llama-cpp'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    run(say, 'npm', ['install', '--ignore-scripts', '--no-audit', ...packages.nodeLlama], { cwd: folder });
  }
  return folder;
}
