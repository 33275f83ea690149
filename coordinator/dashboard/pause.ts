// Waiting between attempts and checks.

/** Waits, but no longer than until the network or the reader comes back, or the signal ends it. Never fails. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise(resolve => {
    const done = new AbortController();
    const end = () => {
      done.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const options = { signal: done.signal };
    addEventListener('online', end, options);
    document.addEventListener(
      'visibilitychange',
      () => document.visibilityState === 'visible' && end(),
      options,
    );
    stop.addEventListener('abort', end, options);
  });
}
