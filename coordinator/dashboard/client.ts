// Requests to the coordinator's HTTP API, and the one error that they fail with.
import { setClock } from './clock.js';
import { rejectToken, token } from './token.js';

/** A request that was refused (`status` of the answer) or never answered (`status` 0). */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Sends a GET, or a POST where there is a body; a token that is turned down is forgotten, which brings up the form. */
export async function request<T>(path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const used = token.value;
  let response: Response;
  try {
    response = await fetch(`api/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${used ?? ''}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new RequestError(0, 'net/unreachable', 'The coordinator does not answer. Is it running?');
  }
  setClock(response.headers.get('date'));
  if (response.status === 401 && token.value === used) rejectToken();
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refusal(response.status, answer);
  return answer as T;
}

function refusal(status: number, answer: unknown): RequestError {
  const error = (answer as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  const code = typeof error?.code === 'string' ? error.code : `http/${status}`;
  const message =
    typeof error?.message === 'string' ? error.message : `The coordinator answered with status ${status}.`;
  return new RequestError(status, code, message);
}
