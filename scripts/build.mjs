// Builds everything into dist/: the TypeScript layers in order, then the dashboard's static files.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = name => path.join(root, 'node_modules', '.bin', name);
const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

mkdirSync(path.join(root, 'dist', 'proto', 'gen'), { recursive: true });
if (existsSync(path.join(root, 'proto', 'gen', 'skein.js'))) {
  cpSync(path.join(root, 'proto', 'gen'), path.join(root, 'dist', 'proto', 'gen'), { recursive: true });
}
run(bin('tsc'), ['-b']);
run(bin('tsc'), ['-p', path.join('coordinator', 'dashboard')]);
if (existsSync(path.join(root, 'coordinator', 'dashboard', 'vite.config.ts'))) {
  run(bin('vite'), [
    'build',
    '--logLevel',
    'warn',
    '--config',
    path.join('coordinator', 'dashboard', 'vite.config.ts'),
  ]);
}
for (const program of ['cli', 'agent', 'coordinator']) {
  const file = path.join(root, 'dist', program, 'main.js');
  if (existsSync(file)) chmodSync(file, 0o755);
}
