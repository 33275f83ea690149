// A short state in words, with a colour that only repeats what the words say.
import type { ComponentChildren } from 'preact';

export type Tone = 'plain' | 'busy' | 'good' | 'warn' | 'bad';

export function Badge({ tone, dot, children }: { tone: Tone; dot?: boolean; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      {dot === true && <span class="dot" aria-hidden="true" />}
      {children}
    </span>
  );
}
