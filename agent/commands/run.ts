// skein-agent run: the daemon, until a signal ends it.

import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import { formatBytes } from '../../core/units.js';
import { createLog } from '../../platform/log.js';
import { obtainModel } from '../../platform/modelFile.js';
import { startAgent } from '../agent.js';
import { loadIdentity } from '../identity/identityFolder.js';
import {
  type CommonOptions,
  configOf,
  examples,
  progressLine,
  type Register,
  withModelOptions,
} from './context.js';

export const registerRun: Register = (program, { signal }) => {
  withModelOptions(program.command('run'))
    .description('answer, learn with the fleet and receive its releases, until stopped')
    .addHelpText('after', examples('skein-agent run', 'skein-agent run --config /etc/skein/agent.yaml'))
    .action(async (options: CommonOptions) => {
      const config = await configOf(options);
      const { level, file } = config.log;
      const log = createLog({ name: 'agent', level, ...(file !== undefined && { file }) });
      // Before anything is downloaded: a device that is not enrolled has nothing to run.
      await loadIdentity(config.dataFolder);
      const line = progressLine();
      const model = await obtainModel({
        file: config.model.file,
        signal,
        log,
        onProgress: ({ bytes, total }) => line.show(`model: ${formatBytes(bytes)} of ${formatBytes(total)}`),
      }).finally(() => line.clear());
      const agent = await startAgent({
        config,
        modelFile: model.file,
        clock: systemClock,
        random: systemRandom,
        log,
      });
      await new Promise<void>(resolve => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      log.info('agent stops');
      await agent.stop();
    });
};
