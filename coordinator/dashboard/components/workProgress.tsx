// How far a device is in a round: its phase, its steps, and a bar.
import type { RoundDeviceView } from '../../../proto/api.js';
import { PhaseBadge } from './phaseBadge.js';

/** After these nothing more comes from the device. */
const arrived: readonly RoundDeviceView['phase'][] = ['done', 'counted'];
const over: readonly RoundDeviceView['phase'][] = ['declined', 'refused', 'failed'];

export function WorkProgress({ work, bar = true }: { work: RoundDeviceView; bar?: boolean }) {
  const { phase, step } = work;
  const steps = Math.max(work.steps, step);
  const counts = steps > 0 && phase !== 'offered' && phase !== 'declined';
  // Steps are told in passing and may be missing; what has arrived is whole all the same.
  const share = arrived.includes(phase) ? 1 : counts ? step / steps : 0;
  return (
    <div class={bar ? 'work' : 'work compact'}>
      <div class="line">
        <PhaseBadge phase={phase} />
        {counts && (
          <span class="steps">
            {step}
            <span class="of"> / {steps}</span>
            <span class="spoken"> steps</span>
          </span>
        )}
      </div>
      {bar && !over.includes(phase) && (
        <progress max={1} value={share} aria-label={`Steps of ${work.device}`} />
      )}
    </div>
  );
}
