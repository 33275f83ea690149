// skein model cache: the packed weights that this machine keeps, so that models start at once.

import {
  checkPacked,
  clearPacked,
  listPacked,
  type PackedModel,
  packedCacheFolder,
} from '../../../platform/packedCache.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { ago, size } from '../../ui/format.js';
import { printResult } from '../../ui/terminal.js';

interface CacheOptions {
  readonly json?: boolean;
}

const total = (models: readonly PackedModel[]): number => models.reduce((sum, { bytes }) => sum + bytes, 0);

export const registerCache: Register = program => {
  const cache = program
    .command('cache')
    .description('list, check or clear the packed weights that make models start at once');
  cache
    .command('list')
    .description('list the packed weights of models, the one used last first')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('skein model cache list', 'skein model cache list --json'))
    .action((options: CacheOptions) => {
      const models = listPacked();
      const result = { folder: packedCacheFolder(), bytes: total(models), models };
      printResult(terminalOf(options), result, ({ folder, bytes }) =>
        [
          ...models.map(one => `${one.folder}  ${size(one.bytes)}, used ${ago(one.usedMs, Date.now())}`),
          `${folder}: ${models.length} models, ${size(bytes)}`,
        ].join('\n'),
      );
    });
  cache
    .command('check')
    .description('read all of them through, and remove what is damaged: the next start packs that anew')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('skein model cache check', 'skein model cache check --json'))
    .action((options: CacheOptions) => {
      const models = checkPacked();
      const damaged = models.flatMap(model => model.damaged);
      const files = models.reduce((sum, model) => sum + model.files, 0);
      const result = { folder: packedCacheFolder(), files, bytes: total(models), damaged };
      printResult(terminalOf(options), result, ({ folder, bytes }) =>
        [
          ...damaged.map(file => `${file} was damaged, and is removed.`),
          `${folder}: ${files} files read, ${size(bytes)}, ${damaged.length} damaged`,
        ].join('\n'),
      );
    });
  cache
    .command('clear')
    .description('remove them: the next start of each model packs its weights anew')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('skein model cache clear', 'skein model cache clear --json'))
    .action((options: CacheOptions) => {
      const models = clearPacked();
      const result = { folder: packedCacheFolder(), removed: models.length, bytes: total(models) };
      printResult(
        terminalOf(options),
        result,
        ({ removed, bytes }) => `Removed ${removed} models, ${size(bytes)}.`,
      );
    });
};
