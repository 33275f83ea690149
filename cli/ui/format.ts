// Values as tables show them.

import { formatBytes } from '../../core/index.js';

export const percent = (share: number | null): string =>
  share === null ? '–' : `${(100 * share).toFixed(1)} %`;

export const shortHash = (hash: string): string => (hash === '' ? '–' : hash.slice(0, 12));

export const size = (bytes: number): string => formatBytes(bytes);

/** `2026-03-01 14:05:09` in UTC. */
export const time = (ms: number | null): string =>
  ms === null ? '–' : new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `5 s ago`, in the largest whole unit. */
export function ago(ms: number | null, nowMs: number): string {
  if (ms === null) return 'never';
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
