// Who may ask: the Host header must name this server (a page elsewhere may point its own name here), the token must fit.

import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { sha256 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';

const hostName = /^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?=:\d+$|$)/i;

/** `names`: host names without port; `api/host` for any other. */
export function hostGuard(names: readonly string[]): MiddlewareHandler {
  const known = new Set(names.map(name => name.toLowerCase()));
  return async (context, next) => {
    const host = hostName.exec(context.req.header('host') ?? '')?.[0].toLowerCase();
    if (host === undefined || !known.has(host)) {
      throw new SkeinError('api/host', 'The request names another host than this server.');
    }
    await next();
  };
}

/** `Authorization: Bearer …`; where a browser cannot set headers (EventSource) also `?token=`. `api/token` otherwise. */
export function tokenGuard(token: string, inQuery: (path: string) => boolean): MiddlewareHandler {
  const expected = sha256(token);
  return async (context, next) => {
    const header = /^Bearer (\S{1,512})$/.exec(context.req.header('authorization') ?? '')?.[1];
    const given = header ?? (inQuery(context.req.path) ? context.req.query('token') : undefined) ?? '';
    // Hashes have one length, so the comparison takes the same time for every token.
    if (!timingSafeEqual(sha256(given), expected)) {
      throw new SkeinError('api/token', 'The operator token is missing or wrong.');
    }
    await next();
  };
}

/** Nothing but our own files runs or is shown; nobody else frames the page or learns its address. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
