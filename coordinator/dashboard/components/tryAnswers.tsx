// Two answers to one text, side by side.
import type { ComponentChildren } from 'preact';
import type { TryView } from '../../../proto/api.js';
import { formatDuration } from '../format.js';
import { Hash } from './hash.js';

export function TryAnswers({ answer }: { answer: TryView }) {
  const { base, live, prompt } = answer;
  return (
    <>
      <div class="answers">
        <Answer name="Base model" answer={base} />
        {live === null ? (
          <div class="answer">
            <h3>Live release</h3>
            <p class="note">No release is live yet.</p>
          </div>
        ) : (
          <Answer
            name={
              <>
                Live release <Hash value={live.release} />
              </>
            }
            answer={live}
          />
        )}
      </div>
      <details>
        <summary>Prompt as both got it</summary>
        <pre>{prompt}</pre>
      </details>
    </>
  );
}

function Answer({ name, answer }: { name: ComponentChildren; answer: { text: string; ms: number } }) {
  return (
    <div class="answer">
      <h3>{name}</h3>
      <p class="said">
        {answer.text.trim() === '' ? <span class="note">(an empty answer)</span> : answer.text.trim()}
      </p>
      <p class="note">{formatDuration(answer.ms)}</p>
    </div>
  );
}
