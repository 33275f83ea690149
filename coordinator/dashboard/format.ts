// Figures as people read them.
import { errorCodes } from '../../core/errorCodes.js';
import { formatDuration } from '../../core/units.js';

export { formatBytes, formatDuration } from '../../core/units.js';

export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '–' : `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;

export const shortHash = (hash: string): string => hash.slice(0, 10);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** `4:05`, or `1:04:05` past an hour. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

export function ago(ms: number, nowMs: number): string {
  const seconds = (nowMs - ms) / 1_000;
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return new Date(ms).toLocaleDateString();
}

export const between = (fromMs: number, toMs: number): string => formatDuration(Math.max(0, toMs - fromMs));

const codes: Readonly<Record<string, { readonly summary: string }>> = errorCodes;

/** A reason in words: what the table of error codes says where it is one of them, else itself. */
export const explain = (reason: string): string =>
  Object.hasOwn(codes, reason) ? codes[reason]!.summary : reason;
