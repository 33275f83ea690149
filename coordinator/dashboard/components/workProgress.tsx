// How far a device is in a round: its phase, its steps, and a bar.
import type { RoundDeviceView } from '../../../proto/api.js';
import { PhaseBadge } from './phaseBadge.js';

export function WorkProgress({ work, bar = true }: { work: RoundDeviceView; bar?: boolean }) {
  const steps = Math.max(work.steps, work.step);
  const counts = steps > 0 && work.phase !== 'offered' && work.phase !== 'declined';
  const over = ['declined', 'refused', 'failed'].includes(work.phase);
  return (
    <div class={bar ? 'work' : 'work compact'}>
      <div class="line">
        <PhaseBadge phase={work.phase} />
        {counts && (
          <span class="steps">
            {work.step}
            <span class="of"> / {steps}</span>
            <span class="spoken"> steps</span>
          </span>
        )}
      </div>
      {bar && !over && (
        <progress
          max={counts ? steps : 1}
          value={counts ? work.step : 0}
          aria-label={`Steps of ${work.device}`}
        />
      )}
    </div>
  );
}
