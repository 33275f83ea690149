// What the device is, holds and does, for whoever sits at it.

import type { StatusView } from './answering/requests.js';
import { isEnrolled, loadIdentity } from './identity/identityFolder.js';
import type { Workbench } from './workbench.js';

/** What the data folder says; a running daemon adds what only it knows. */
export async function localStatus({
  config,
  records,
  releases,
  assignments,
}: Workbench): Promise<StatusView> {
  const identity = (await isEnrolled(config.dataFolder)) ? await loadIdentity(config.dataFolder) : undefined;
  const live = await releases.liveContent();
  const assignment = await assignments.latest();
  return {
    running: false,
    device: identity?.device ?? '',
    fleet: identity?.fleet ?? '',
    online: false,
    offlineReason: '',
    records: await records.counts(),
    release: live === undefined ? null : { hash: live.hash, ...pick(live.content) },
    assignment:
      assignment === undefined
        ? null
        : {
            task: assignment.task,
            round: assignment.round,
            state: assignment.state,
            reason: assignment.reason,
          },
  };
}

const pick = ({ serial, task, round }: { serial: number; task: string; round: number }) => ({
  serial,
  task,
  round,
});
