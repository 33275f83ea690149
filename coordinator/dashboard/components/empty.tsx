// Nothing here yet, and what to type next.
import type { ComponentChildren } from 'preact';

export function Empty({ command, children }: { command?: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <p>{children}</p>
      {command !== undefined && (
        <p>
          <code class="command">{command}</code>
        </p>
      )}
    </div>
  );
}
