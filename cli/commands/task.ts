// skein task: submits what the fleet shall learn, lists it, cancels it.

import type { TaskView } from '../../proto/api.js';
import { examples, type Register, terminalOf } from '../context.js';
import { connect, type FleetOptions, withFleetOptions } from '../fleet.js';
import { readTaskFile } from '../taskFile.js';
import { time } from '../ui/format.js';
import { table } from '../ui/table.js';
import { type Channel, printResult } from '../ui/terminal.js';

type Options = FleetOptions & { readonly json?: boolean };

export const registerTask: Register = (program, { signal }) => {
  const task = program.command('task').description('submit, list and cancel what the fleet learns');

  withFleetOptions(task.command('submit <file>'))
    .description('submit a task file (YAML or JSON); its rounds begin as soon as devices are there')
    .addHelpText(
      'after',
      `${examples('skein task submit tickets.yaml')}\n\nA task file, with what most leave out in brackets:\n${sample}`,
    )
    .action(async (file: string, options: Options) => {
      const submission = await readTaskFile(file);
      const view = await (await connect(options, signal)).submitTask(submission);
      printResult(
        terminalOf(options),
        view,
        value => `Task ${value.id} is ${value.state}. Follow it with: skein round watch`,
      );
    });

  withFleetOptions(task.command('list'))
    .description('list tasks')
    .addHelpText('after', examples('skein task list'))
    .action(async (options: Options) => {
      const tasks = await (await connect(options, signal)).tasks();
      printResult(terminalOf(options), { tasks }, ({ tasks }, out) => taskTable(tasks, out));
    });

  withFleetOptions(task.command('cancel <id>'))
    .description('end a task; the live release stays')
    .addHelpText('after', examples('skein task cancel tickets'))
    .action(async (id: string, options: Options) => {
      const view = await (await connect(options, signal)).cancelTask(id);
      printResult(terminalOf(options), view, value => `Task ${value.id} is ${value.state}.`);
    });
};

const sample = `  id: tickets
  template: |-
    Note: {text}
    Ticket:
  goal: 4                  # devices that a round waits for
  rounds: 5                # [5]
  root: root.jsonl         # lines of {"text","label"}: how the coordinator judges a candidate
  labels: []               # [] a closed set, or none for free text
  adapter: { rank: 8 }     # [mode lora, rank 8, alpha 2 x rank, targets q and v]
  plan: { learningRate: 0.003 }   # [localEpochs 1, batchSize 8, 0.003, ...]`;

export function taskTable(tasks: readonly TaskView[], out: Channel): string {
  const columns = [
    { head: 'task' },
    { head: 'state' },
    { head: 'rounds', align: 'right' },
    { head: 'adapter' },
    { head: 'submitted' },
    { head: 'reason' },
  ] as const;
  const rows = tasks.map(task => [
    task.id,
    task.state,
    `${task.roundsDone}/${task.rounds}`,
    `${task.adapter.mode} r${task.adapter.rank} ${task.adapter.targets.join(',')}`,
    time(task.createdMs),
    task.reason,
  ]);
  return table(out, columns, rows, 'No tasks yet. Submit one with: skein task submit FILE');
}
