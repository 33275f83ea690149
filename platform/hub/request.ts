// One HTTP request that cannot hang: an answer within seconds, never silent for long, errors that say what to do.

import { SkeinError, toSkeinError } from '../../core/errors.js';

const answerWithinMs = 10_000;
const silenceMs = 30_000;

/** Failures of the way to the server, after which the same request may succeed. */
export class Interrupted extends Error {}

interface Reply {
  readonly response: Response;
  /** The body as it comes. Ends with `Interrupted` where the connection breaks or falls silent. */
  body(): AsyncIterable<Uint8Array>;
}

/** Calls `use` with the answer. Throws `cancelled`, `Interrupted`, or what `use` throws. */
export async function request<T>(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  use: (reply: Reply) => Promise<T>,
): Promise<T> {
  const { host } = new URL(url);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const within = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Interrupted(`no answer within ${ms / 1000} s`)), ms);
  };
  const inTransit = (error: unknown): Error => {
    if (signal.aborted) return toSkeinError(signal.reason);
    const { message, cause } = error as Error & { cause?: Error };
    return new Interrupted(`${host} could not be reached: ${cause?.message || message}`, { cause: error });
  };
  try {
    within(answerWithinMs);
    const response = await fetch(url, {
      // Ranges count bytes of the file, not of its compressed form.
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: AbortSignal.any([signal, controller.signal]),
    }).catch((error: unknown) => {
      throw inTransit(error);
    });
    const body = async function* (): AsyncIterable<Uint8Array> {
      within(silenceMs);
      const reader = response.body?.getReader();
      for (;;) {
        const next = await reader?.read().catch((error: unknown) => {
          throw inTransit(error);
        });
        if (next === undefined || next.done) return;
        within(silenceMs);
        yield next.value;
      }
    };
    return await use({ response, body });
  } finally {
    clearTimeout(timer);
    // Whatever was not read is not waited for.
    controller.abort();
  }
}

/** What an answer without content means, as an error. Server-side trouble is `Interrupted`: it may pass. */
export function refusal(url: string, status: number): Error {
  const { host, pathname } = new URL(url);
  if (status === 401 || status === 403)
    return new SkeinError(
      'model/download',
      `${host} does not give ${pathname} (${status}): it is private, gated or not there. Accept its licence on the hub and set HF_TOKEN.`,
    );
  if (status === 404) return new SkeinError('model/download', `${host} has no ${pathname} (404).`);
  if (status === 408 || status === 429 || status >= 500) return new Interrupted(`${host} answered ${status}`);
  return new SkeinError('model/download', `${host} answered ${status} for ${pathname}.`);
}
