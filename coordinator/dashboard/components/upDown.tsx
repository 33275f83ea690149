// Bytes that devices sent up and were sent down.
import { formatBytes } from '../format.js';

export function UpDown({ up, down }: { up: number; down: number }) {
  return (
    <span class="updown">
      <span class="up">
        <span class="arrow" aria-hidden="true">
          ↑
        </span>
        <span class="spoken">up </span>
        {formatBytes(up)}
      </span>{' '}
      <span class="down">
        <span class="arrow" aria-hidden="true">
          ↓
        </span>
        <span class="spoken">down </span>
        {formatBytes(down)}
      </span>
    </span>
  );
}
