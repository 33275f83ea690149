// skein model export: writes an adapter anew as a plain PEFT folder, in another float type or for a model that it is held to.

import path from 'node:path';
import { Option } from 'commander';
import { SkeinError } from '../../../core/index.js';
import { readConfig } from '../../../model/architecture/config.js';
import { checkAdapter } from '../../../model/engine/adapters.js';
import { decodePeft, encodePeft } from '../../../model/formats/peft.js';
import { type SafetensorsType, safetensorsTypes } from '../../../model/formats/safetensors.js';
import type { Adapter } from '../../../model/index.js';
import { readAdapterFolder, writeAdapterFolder } from '../../../platform/adapterFolder.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { size } from '../../ui/format.js';
import { printResult } from '../../ui/terminal.js';
import { type ModelOptions, place, withHeader, withModelOption } from './options.js';
import { checkOut } from './outFolder.js';

interface ExportCommand extends ModelOptions {
  readonly adapter: string;
  readonly out: string;
  readonly dtype: Lowercase<SafetensorsType>;
  readonly base?: string;
}

const dtypes = Object.keys(safetensorsTypes).map(name => name.toLowerCase());

export const registerExport: Register = (program, { signal }) => {
  withModelOption(program.command('export'))
    .description('write an adapter as a PEFT folder that Python loads, checked against the model')
    .requiredOption('--adapter <dir>', 'the adapter, a PEFT folder', place)
    .requiredOption('--out <dir>', 'folder to write; an adapter that is there already is replaced', place)
    .addOption(new Option('--dtype <type>', 'type of the values').choices(dtypes).default('f32'))
    .option('--base <name>', "the base model's name in adapter_config.json (default: the model's file name)")
    .addHelpText(
      'after',
      examples(
        'skein model export --adapter notes-adapter --out notes-f16 --dtype f16',
        'skein model export --adapter notes-adapter --out notes --base HuggingFaceTB/SmolLM2-135M-Instruct',
      ),
    )
    .action(async (options: ExportCommand) => {
      const at = terminalOf(options);
      const dtype = options.dtype.toUpperCase() as SafetensorsType;
      const out = await checkOut(options.out);
      const adapter = await readAdapterFolder(options.adapter);
      const base = await withHeader(options, at.progress, signal, (source, file) => {
        checkAdapter(readConfig(source), adapter);
        return options.base ?? path.basename(file);
      });
      const files = encodePeft(adapter, base, dtype);
      const largestChange = changeOf(adapter, decodePeft(files));
      await writeAdapterFolder(out, files);
      const result = {
        adapter: out,
        shape: adapter.shape,
        base,
        dtype: options.dtype,
        bytes: Object.values(files).reduce((sum, { length }) => sum + length, 0),
        largestChange,
      };
      printResult(at, result, value =>
        [
          `Wrote ${value.adapter}: rank ${value.shape.rank} on ${value.shape.targets.join(', ')}, ${size(value.bytes)}.`,
          ...(value.largestChange > 0
            ? [`As ${value.dtype} no value changed by more than ${value.largestChange.toPrecision(2)}.`]
            : []),
        ].join('\n'),
      );
    });
};

/** How far the values moved; `adapter/invalid` where one is too large for the type. */
function changeOf(before: Adapter, after: Adapter): number {
  let largest = 0;
  for (const [index, { name, values }] of before.tensors.entries()) {
    const written = after.tensors[index]?.values ?? new Float32Array();
    for (const [i, value] of values.entries()) {
      const change = Math.abs(value - (written[i] as number));
      if (!Number.isFinite(change))
        throw new SkeinError('adapter/invalid', `${name} has values that are too large for this type.`);
      if (change > largest) largest = change;
    }
  }
  return largest;
}
