// skein init: makes a fleet's identity and a first configuration of its coordinator.

import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { configFileName } from '../../coordinator/config.js';
import { initFleet } from '../../coordinator/identity/fleetFolder.js';
import { SkeinError, systemClock, systemRandom } from '../../core/index.js';
import { writeFileAtomic } from '../../platform/files.js';
import { namePattern } from '../../proto/topics.js';
import { examples, type Register, terminalOf } from '../context.js';
import { coordinatorYaml } from '../coordinatorFile.js';
import { defaultFleetFolder } from '../fleet.js';
import { printResult } from '../ui/terminal.js';

interface Options {
  readonly fleet?: string;
  readonly name?: string;
  readonly host?: readonly string[];
  readonly model?: string;
  readonly json?: boolean;
}

export const registerInit: Register = program => {
  program
    .command('init')
    .description(
      "make a new fleet: its certificate authority, keys, operator token and the coordinator's configuration",
    )
    .option('--fleet <dir>', 'folder of the fleet (default: $SKEIN_FLEET, else the data folder)')
    .option(
      '--name <name>',
      'name of the fleet, in topics and certificates (default: the name of the folder)',
    )
    .option(
      '--host <name...>',
      'names and addresses by which devices reach this machine (default: its host name, localhost, 127.0.0.1)',
    )
    .option(
      '--model <file>',
      'base model, a GGUF file or a Hugging Face folder (default: the one that `skein model get` keeps)',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples(
        'skein init',
        'skein init --fleet ./fleet --name north --host coordinator.example.org --host 10.0.0.5',
      ),
    )
    .action(async (options: Options) => {
      const folder = path.resolve(options.fleet ?? defaultFleetFolder());
      const name = options.name ?? nameOf(folder);
      const hosts = options.host ?? [hostname(), 'localhost', '127.0.0.1'];
      const config = path.join(folder, configFileName);
      const paths = await initFleet(folder, {
        fleet: name,
        hosts,
        clock: systemClock,
        random: systemRandom,
      });
      // An operator's own file is older than this fleet and wins.
      if (!existsSync(config)) {
        await writeFileAtomic(
          config,
          coordinatorYaml({
            host: hosts[0] as string,
            ...(options.model && { model: path.resolve(options.model) }),
          }),
        );
      }
      const result = {
        fleet: name,
        folder,
        config,
        identity: paths.identity,
        caCertificate: paths.caCertificate,
      };
      printResult(terminalOf(options), result, ({ config }, out) =>
        [
          `Fleet ${out.style('bold', name)} is in ${folder}. Keep ${path.join(folder, 'identity')} safe: it is the fleet.`,
          '',
          'Next:',
          `  skein-coordinator run --config ${config}`,
          '  skein device add ID                  a token, with which a device enrols: skein-agent enroll TOKEN',
          '  skein task submit FILE               what the fleet shall learn (skein task submit --help shows one)',
        ].join('\n'),
      );
    });
};

function nameOf(folder: string): string {
  const name = path.basename(folder).toLowerCase();
  if (namePattern.test(name)) return name;
  throw new SkeinError('usage', `"${path.basename(folder)}" is no name for a fleet; give one with --name.`);
}
