// Asks the running daemon, or does the work in this process where none runs; the result is the same.

import { systemClock } from '../../core/clock.js';
import { obtainModel } from '../../platform/modelFile.js';
import type { Operation, RequestHooks, Requests, Results } from '../answering/requests.js';
import { ControlClient, controlSocket, daemonRuns } from '../http/controlClient.js';
import { localStatus } from '../status.js';
import { openModelBench, openWorkbench } from '../workbench.js';
import { type CommonOptions, configOf } from './context.js';

export async function askAgent<Op extends Operation>(
  options: CommonOptions,
  operation: Op,
  request: Requests[Op],
  hooks: RequestHooks,
): Promise<Results[Op]> {
  const config = await configOf(options);
  const socket = controlSocket(config.dataFolder);
  if (await daemonRuns(socket)) return new ControlClient(socket).call(operation, request, hooks);
  const bench = await openWorkbench(config, systemClock);
  try {
    if (operation === 'status') return (await localStatus(bench)) as Results[Op];
    const model = await obtainModel({
      file: config.model.file,
      ...(hooks.signal && { signal: hooks.signal }),
    });
    const { worker, service } = openModelBench(bench, model.file, () => localStatus(bench));
    try {
      return await service.call(operation, request, hooks);
    } finally {
      await worker.stop();
    }
  } finally {
    await bench.close();
  }
}
