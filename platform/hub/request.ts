// One HTTP request that cannot hang: an answer within seconds, never silent for long, errors that say what to do.

import { SkeinError, toSkeinError } from '../../core/errors.js';

const answerWithinMs = 10_000;
const silenceMs = 30_000;

/** Failures of the way to the server, after which the same request may succeed. */
export class Interrupted extends Error {
  /** The server was reached, and asked for patience of so long, or of no certain length. */
  readonly answered: { readonly waitMs?: number } | undefined;

  constructor(message: string, options?: ErrorOptions & { answered?: { readonly waitMs?: number } }) {
    super(message, options);
    this.answered = options?.answered;
  }
}

const longestWaitMs = 60_000;

/** `Retry-After` (RFC 9110, 10.2.3) in seconds or as a date, bounded. */
export function retryAfterMs(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), longestWaitMs);
}

export interface Reply {
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
export function refusal(url: string, { status, headers }: Response): Error {
  const { host, pathname } = new URL(url);
  if (status === 401 || status === 403)
    return new SkeinError(
      'model/download',
      `${host} does not give ${pathname} (${status}): it is private, gated or not there. Accept its licence on the hub and set HF_TOKEN.`,
    );
  if (status === 404) return new SkeinError('model/download', `${host} has no ${pathname} (404).`);
  if (status === 408 || status === 429 || status >= 500) {
    const waitMs = retryAfterMs(headers.get('retry-after'));
    return new Interrupted(`${host} answered ${status}`, {
      answered: waitMs === undefined ? {} : { waitMs },
    });
  }
  return new SkeinError('model/download', `${host} answered ${status} for ${pathname}.`);
}

/** Before attempt 1, 2, … after one that brought nothing. */
export type Patience = (attempt: number) => number;

const fruitless = 3;

/**
 * Whether to try again after the `inVain`-th attempt that brought nothing, and then waits. A server that was never reached is
 * not worth waiting for: there may be another way.
 */
export async function worthWaiting(
  error: Interrupted,
  inVain: number,
  reached: boolean,
  signal: AbortSignal,
  patience: Patience = attempt => error.answered?.waitMs ?? 500 * 2 ** attempt,
): Promise<boolean> {
  if (inVain > fruitless || (inVain > 0 && !reached && error.answered === undefined)) return false;
  await pause(patience(inVain), signal);
  return true;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(toSkeinError(signal.reason));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
