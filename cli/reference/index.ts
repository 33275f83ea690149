// Everything that is generated from registries, schemas and programs; scripts/docs.mjs writes it, a test holds it current.

import { agentSchema } from '../../agent/config.js';
import { buildProgram as buildAgent } from '../../agent/program.js';
import { coordinatorSchema } from '../../coordinator/config.js';
import { buildProgram as buildCoordinator } from '../../coordinator/program.js';
import { profileJsonSchema, profileSchema } from '../../platform/profile.js';
import { buildProgram } from '../program.js';
import { taskFileSchema } from '../taskFile.js';
import { commandsPage } from './commands.js';
import { configPage } from './config.js';
import { errorsPage, exitCodesPage } from './errors.js';

/** Content by path below the root of the repository. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const context = { signal: new AbortController().signal };
  return {
    'docs/reference/errors.md': errorsPage(),
    'docs/reference/exit-codes.md': exitCodesPage(),
    'docs/reference/config.md': configPage([
      {
        title: 'agent.yaml',
        about: 'Read by `skein-agent`; looked for in the data folder, then in `~/.config/skein`.',
        schema: agentSchema,
      },
      {
        title: 'skein-coordinator.yaml',
        about: 'Read by `skein-coordinator`; `skein init` writes a first one into the fleet folder.',
        schema: coordinatorSchema,
      },
      {
        title: 'Device profile',
        about: 'What a kind of device may spend: the files of `firmware-configs/`, or your own by path.',
        schema: profileSchema,
      },
      {
        title: 'Task file',
        about:
          'What `skein task submit` reads. The coordinator checks it and says what does not go together.',
        schema: taskFileSchema,
      },
    ]),
    'docs/reference/cli.md': commandsPage([
      await buildProgram(context),
      buildCoordinator(context),
      buildAgent(context),
    ]),
    'firmware-configs/schema.json': `${JSON.stringify(profileJsonSchema(), null, 2)}\n`,
  };
}
