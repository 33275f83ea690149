// skein-agent train --alone: an adapter from the device's own records, to compare with what the fleet learns together.

import { SkeinError } from '../../core/errors.js';
import { askAgent } from './askAgent.js';
import {
  type CommonOptions,
  examples,
  print,
  progressLine,
  type Register,
  withModelOptions,
} from './context.js';
import { readTask, type TaskOptions, withTaskOptions } from './learningTask.js';

export const registerTrain: Register = (program, { signal }) => {
  withTaskOptions(withModelOptions(program.command('train')))
    .description(
      "train an adapter on the device's own records alone; it is kept as `alone` in the data folder",
    )
    .option('--alone', 'without the fleet (with it, the daemon trains when the coordinator asks)')
    .addHelpText(
      'after',
      examples(
        'skein-agent train --alone --task task.yaml',
        'skein-agent train --alone --epochs 5 --template "Note: {text}\nLine:"',
      ),
    )
    .action(async (options: CommonOptions & TaskOptions & { alone?: boolean }) => {
      if (options.alone !== true)
        throw new SkeinError('usage', 'Say --alone: with the fleet, `skein-agent run` trains.');
      const line = progressLine();
      const result = await askAgent(options, 'trainAlone', await readTask(options), {
        signal,
        onProgress: ({ done, count, loss }) =>
          line.show(`step ${done} of ${count}, loss ${loss?.toFixed(3)}`),
      }).finally(() => line.clear());
      print(
        options,
        result,
        ({ records, steps, loss, seconds }) =>
          `Trained on ${records} records in ${steps} steps and ${seconds.toFixed(1)} s; last loss ${loss.toFixed(3)}.`,
      );
    });
};
