// docs/reference/cli.md, from the programs themselves.

import type { Command, Option } from 'commander';
import { code, heading, markdownTable, page } from './markdown.js';

export const commandsPage = (programs: readonly Command[]): string =>
  page(
    'Command line',
    'Three programs. `skein` is the operator’s, `skein-coordinator` runs on the server, `skein-agent` on each device. Every command has `--help` with examples; with `--json` it prints one JSON document (or one a line where it streams).',
    ...programs.flatMap(program => [
      heading(2, program.name()),
      program.description(),
      ...leaves(program).flatMap(({ path, command }) => [
        heading(3, code(`${path} ${command.usage().replace(/^\[options\] ?/, '')}`.trim())),
        command.description(),
        ...optionTable(command.options),
      ]),
    ]),
  );

function leaves(command: Command, parents = ''): { path: string; command: Command }[] {
  const path = `${parents} ${command.name()}`.trim();
  const children = command.commands.filter(child => child.name() !== 'help') as Command[];
  if (children.length === 0) return [{ path, command }];
  return children.flatMap(child => leaves(child, path));
}

function optionTable(options: readonly Option[]): string[] {
  if (options.length === 0) return [];
  const rows = options.map(option => [
    code(option.flags),
    option.description,
    option.defaultValue === undefined ? '' : code(String(option.defaultValue)),
  ]);
  return [markdownTable(['option', 'meaning', 'default'], rows)];
}
