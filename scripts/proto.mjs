// Regenerates proto/gen from the .proto files (the result is committed; a test compares it).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.resolve(root, process.argv[2] ?? 'proto/gen');
const bin = name => path.join(root, 'node_modules', '.bin', name);
mkdirSync(out, { recursive: true });
const run = (command, args) =>
  execFileSync(bin(command), args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });

const js = path.join(out, 'skein.js');
const protos = ['proto/skein.proto'];
run('pbjs', [
  '-t',
  'static-module',
  '-w',
  'es6',
  '--es6',
  '--no-service',
  '--no-delimited',
  '--force-number',
  '-o',
  js,
  ...protos,
]);
run('pbts', ['-o', path.join(out, 'skein.d.ts'), js]);
// Node resolves the runtime by its full file name in ES modules.
writeFileSync(
  js,
  readFileSync(js, 'utf8').replace(/from "protobufjs\/minimal(\.js)?"/, 'from "protobufjs/minimal.js"'),
);
