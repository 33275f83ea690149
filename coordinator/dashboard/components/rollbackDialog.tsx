// Asks before the whole fleet goes back to an earlier release, and says what came of it.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ReleaseView } from '../../../proto/api.js';
import { request } from '../client.js';
import { loadReleases } from '../follow.js';

export interface RollbackTarget {
  /** A release's hash, or `base`. */
  readonly hash: string;
  readonly name: string;
}

export function RollbackDialog({ target, onClose }: { target: RollbackTarget; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);

  const rollBack = async () => {
    setPending(true);
    setProblem(undefined);
    try {
      await request<ReleaseView>(`releases/${encodeURIComponent(target.hash)}/rollback`, {});
      // Should this fail, the events bring what has changed.
      await loadReleases().catch(() => {});
      dialog.current?.close();
    } catch (error) {
      setProblem((error as Error).message);
      setPending(false);
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} onClose={onClose}>
      <h2 id={`${id}-title`}>Roll back to {target.name}?</h2>
      <p id={`${id}-text`}>
        Every device will answer with {target.name} as soon as it hears of it, and later rounds start from
        there. You can go forward again in the same way.
      </p>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={pending} onClick={() => void rollBack()}>
          {pending ? 'Rolling back…' : 'Roll back'}
        </button>
      </div>
    </dialog>
  );
}
