// A hash in short; the whole one on hover, and when it is selected and copied.
import { shortHash } from '../format.js';

export function Hash({ value }: { value: string }) {
  return (
    <code class="hash" title={value}>
      {shortHash(value)}
    </code>
  );
}
