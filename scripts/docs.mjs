// Writes what is generated from registries and schemas: docs/reference/ and the JSON Schema of device profiles. Run it after
// a build. With --check it only says which files are not current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { generatedFiles } = await import(path.join(root, 'dist', 'cli', 'reference', 'index.js'));

const stale = [];
for (const [name, content] of Object.entries(await generatedFiles())) {
  const file = path.join(root, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  stale.push(name);
  if (process.argv.includes('--check')) continue;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
if (stale.length > 0) console.log(stale.join('\n'));
if (process.argv.includes('--check') && stale.length > 0) process.exitCode = 1;
