// skein release: lists, exports and rolls back what devices run.

import path from 'node:path';
import { SkeinError, sha256Hex } from '../../core/index.js';
import { ensureFolder, writeFileAtomic } from '../../platform/files.js';
import type { ReleaseView } from '../../proto/api.js';
import type { FleetClient } from '../client.js';
import { examples, type Register, terminalOf } from '../context.js';
import { connect, type FleetOptions, withFleetOptions } from '../fleet.js';
import { percent, shortHash, size, time } from '../ui/format.js';
import { table } from '../ui/table.js';
import { type Channel, printResult } from '../ui/terminal.js';

type Options = FleetOptions & { readonly json?: boolean; readonly release?: string };

export const registerRelease: Register = (program, { signal }) => {
  const release = program.command('release').description('list, export and roll back releases');

  withFleetOptions(release.command('list'))
    .description('list releases, newest first')
    .addHelpText('after', examples('skein release list'))
    .action(async (options: Options) => {
      const releases = await (await connect(options, signal)).releases();
      printResult(terminalOf(options), { releases }, ({ releases }, out) => releaseTable(releases, out));
    });

  withFleetOptions(release.command('export <dir>'))
    .description('write a release as a PEFT folder, with its signed manifest')
    .option('--release <hash>', 'which one, by hash or its beginning (default: the live one)')
    .addHelpText(
      'after',
      examples('skein release export ./adapter', 'skein release export ./adapter --release 3f2a'),
    )
    .action(async (folder: string, options: Options) => {
      const client = await connect(options, signal);
      const chosen = choose(await client.releases(), options.release);
      const files = await exportRelease(client, chosen.hash, folder);
      const result = { release: chosen.hash, folder: path.resolve(folder), files };
      printResult(
        terminalOf(options),
        result,
        value => `Wrote ${value.files.join(', ')} to ${value.folder}.`,
      );
    });

  withFleetOptions(release.command('rollback <release>'))
    .description('make an earlier release, or "base", the live one again')
    .addHelpText('after', examples('skein release rollback 3f2a', 'skein release rollback base'))
    .action(async (wanted: string, options: Options) => {
      const client = await connect(options, signal);
      const hash = wanted === 'base' ? 'base' : choose(await client.releases(), wanted).hash;
      const live = await client.rollBack(hash);
      printResult(terminalOf(options), live, value => `${shortHash(value.hash)} is live.`);
    });
};

/** The one release that `wanted` begins, or the live one. */
export function choose(releases: readonly ReleaseView[], wanted: string | undefined): ReleaseView {
  const fitting =
    wanted === undefined
      ? releases.filter(({ state }) => state === 'live')
      : releases.filter(({ hash }) => hash.startsWith(wanted.toLowerCase()));
  const [only, second] = fitting;
  if (only === undefined) {
    const message = wanted === undefined ? 'No release is live.' : `No release begins with ${wanted}.`;
    throw new SkeinError('release/not-found', message);
  }
  if (second !== undefined) throw new SkeinError('usage', `Several releases begin with ${wanted}.`);
  return only;
}

/** Writes the files that the manifest names, each checked against it, and manifest and signature themselves. */
async function exportRelease(client: FleetClient, hash: string, folder: string): Promise<string[]> {
  const manifest = await client.releaseFile(hash, 'manifest.json');
  if (sha256Hex(manifest) !== hash) {
    throw new SkeinError('release/signature', 'The manifest is not the one that the release is named after.');
  }
  const listed = (
    JSON.parse(Buffer.from(manifest).toString('utf8')) as { files: { name: string; sha256: string }[] }
  ).files;
  await ensureFolder(folder);
  for (const { name, sha256 } of listed) {
    if (path.basename(name) !== name) throw new SkeinError('io/invalid', `${name} is no file name.`);
    const content = await client.releaseFile(hash, name);
    if (sha256Hex(content) !== sha256) throw new SkeinError('io/invalid', `${name} arrived damaged.`);
    await writeFileAtomic(path.join(folder, name), content);
  }
  await writeFileAtomic(path.join(folder, 'manifest.json'), manifest);
  await writeFileAtomic(path.join(folder, 'manifest.sig'), await client.releaseFile(hash, 'manifest.sig'));
  return [...listed.map(({ name }) => name), 'manifest.json', 'manifest.sig'];
}

export function releaseTable(releases: readonly ReleaseView[], out: Channel): string {
  const columns = [
    { head: 'release' },
    { head: 'task' },
    { head: 'round', align: 'right' },
    { head: 'state' },
    { head: 'root accuracy', align: 'right' },
    { head: 'size', align: 'right' },
    { head: 'made' },
  ] as const;
  const rows = releases.map(release => [
    shortHash(release.hash),
    release.task,
    String(release.round),
    release.state === 'live' ? out.style('green', 'live') : release.state,
    percent(release.accuracy),
    size(release.bytes),
    time(release.createdMs),
  ]);
  return table(out, columns, rows, 'No releases yet.');
}
