// Asks for the operator's token, and says where it is to be found.
import { useId } from 'preact/hooks';
import { giveToken, tokenRejected } from '../token.js';
import { Mark } from './mark.js';

export function TokenForm() {
  const id = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof given === 'string' && given.trim() !== '') giveToken(given.trim());
  };
  return (
    <main class="alone">
      <form class="token panel" onSubmit={submit}>
        <Mark />
        <h1>Skein</h1>
        <p id={`${id}-help`}>
          This page needs the operator's token. <code>skein-coordinator run</code> prints a link that carries
          it; it also stands in the file <code>identity/operator.token</code> in the fleet's folder.
        </p>
        <label for={id}>Operator token</label>
        <input
          id={id}
          name="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby={`${id}-help`}
        />
        {tokenRejected.value && (
          <p class="problem" role="alert">
            The coordinator does not know this token. Was it made anew?
          </p>
        )}
        <button type="submit" class="main">
          Open
        </button>
      </form>
    </main>
  );
}
