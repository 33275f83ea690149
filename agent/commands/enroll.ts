// skein-agent enroll: a one-time token becomes this device's identity.

import { enrol } from '../identity/enrol.js';
import {
  type CommonOptions,
  configOf,
  examples,
  print,
  type Register,
  withCommonOptions,
} from './context.js';

export const registerEnroll: Register = (program, { signal }) => {
  withCommonOptions(program.command('enroll <token>'))
    .description('join the fleet that the token names; the key is made here and stays here')
    .addHelpText(
      'after',
      examples('skein-agent enroll skein1.eyJob3N0Ij…', 'skein-agent enroll skein1.… --data ./device'),
    )
    .action(async (token: string, options: CommonOptions) => {
      const { dataFolder } = await configOf(options);
      const { fleet, device } = await enrol(dataFolder, token, signal);
      print(
        options,
        { fleet, device, data: dataFolder },
        () => `${device} is enrolled in the fleet ${fleet}.`,
      );
    });
};
