// The operator's token: arrives in the fragment of the address, lives in this tab only, and never stays in the address bar.
import { signal } from '@preact/signals';

const key = 'skein.token';

/** Undefined until the operator gives one. */
export const token = signal<string | undefined>(sessionStorage.getItem(key) ?? undefined);
/** Whether the coordinator turned the last token down. */
export const tokenRejected = signal(false);

export function takeTokenFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (given !== '') giveToken(given);
}

export function giveToken(value: string): void {
  sessionStorage.setItem(key, value);
  tokenRejected.value = false;
  token.value = value;
}

export function rejectToken(): void {
  sessionStorage.removeItem(key);
  tokenRejected.value = true;
  token.value = undefined;
}
