// The first rows of a long table, and a button for the rest.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

const limit = 25;

/** `noun`: what the rows are, for the button. */
export function useFirstRows<T>(
  rows: readonly T[],
  noun: string,
): { shown: readonly T[]; rest: ComponentChildren } {
  const [all, setAll] = useState(false);
  if (all || rows.length <= limit) return { shown: rows, rest: null };
  const rest = (
    <button type="button" class="quiet" onClick={() => setAll(true)}>
      Show all {rows.length} {noun}
    </button>
  );
  return { shown: rows.slice(0, limit), rest };
}
