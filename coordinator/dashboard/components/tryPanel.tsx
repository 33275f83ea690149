// A box that puts the same text to the base model and to the live release.
import { useId, useRef, useState } from 'preact/hooks';
import type { TryView } from '../../../proto/api.js';
import { type RequestError, request } from '../client.js';
import { task } from '../store.js';
import { Empty } from './empty.js';
import { Panel } from './panel.js';
import { TryAnswers } from './tryAnswers.js';

const maxLength = 2_000;

type Asked =
  | { readonly state: 'pending' }
  | { readonly state: 'failed'; readonly error: RequestError }
  | { readonly state: 'answered'; readonly answer: TryView };

export function TryPanel() {
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<Asked>();
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const current = task.value;

  const ask = async (event: Event) => {
    event.preventDefault();
    if (asked?.state === 'pending' || text.trim() === '' || current === undefined) return;
    setAsked({ state: 'pending' });
    try {
      setAsked({ state: 'answered', answer: await request<TryView>('try', { text, task: current.id }) });
    } catch (error) {
      setAsked({ state: 'failed', error: error as RequestError });
    }
  };

  if (current === undefined) {
    return (
      <Panel title="Base against live">
        <Empty command="skein task submit FILE">With a task, you can compare answers here.</Empty>
      </Panel>
    );
  }
  const pending = asked?.state === 'pending';
  return (
    <Panel title="Base against live">
      <form ref={form} class="try" onSubmit={ask}>
        <label for={id}>Text for both</label>
        <textarea
          id={id}
          rows={3}
          maxLength={maxLength}
          placeholder="A text like the ones that the devices see"
          value={text}
          onInput={event => setText(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
          }}
        />
        <div class="buttons">
          <span class="hint">The coordinator answers itself; no device is asked.</span>
          <button type="submit" class="main" disabled={pending || text.trim() === ''}>
            {pending ? 'Both answer…' : 'Compare'}
          </button>
        </div>
      </form>
      <div aria-live="polite" aria-busy={pending}>
        {pending && <p class="waiting">Both are answering…</p>}
        {asked?.state === 'failed' && (
          <p class="problem">
            {asked.error.message} <code>{asked.error.code}</code>
          </p>
        )}
        {asked?.state === 'answered' && <TryAnswers answer={asked.answer} />}
      </div>
    </Panel>
  );
}
