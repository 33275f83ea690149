// How an error looks from outside: a status, the code, and of the message only what the caller may know.

import { errorCodes } from '../../core/errorCodes.js';
import { type ErrorCode, type ErrorData, toSkeinError } from '../../core/errors.js';
import { exit } from '../../core/exitCodes.js';

export type ErrorStatus = 400 | 401 | 404 | 409 | 413 | 421 | 422 | 500 | 503 | 507;

const statuses: Partial<Record<ErrorCode, ErrorStatus>> = {
  'api/token': 401,
  'api/host': 421,
  'api/oversized': 413,
  'task/invalid': 400,
  'task/unsound': 422,
  'identity/exists': 409,
  'identity/revoked': 409,
  'model/not-found': 409,
  'model/mismatch': 409,
  'io/full': 507,
  cancelled: 503,
};

/** Codes of what is wrong with this machine: their messages name its files. */
const inner = /^(?:internal|io|store|config|net|engine|worker|checkpoint)(?:\/|$)/;

export interface PublicError {
  readonly status: ErrorStatus;
  readonly body: {
    readonly error: { readonly code: ErrorCode; readonly message: string; readonly data: ErrorData };
  };
}

export function publicError(thrown: unknown): PublicError {
  const { code, message, data } = toSkeinError(thrown);
  const row = errorCodes[code];
  if (inner.test(code)) {
    return { status: statuses[code] ?? 500, body: { error: { code, message: row.summary, data: {} } } };
  }
  const byKind: ErrorStatus = row.exit === exit.notFound ? 404 : row.exit === exit.usage ? 400 : 409;
  return { status: statuses[code] ?? byKind, body: { error: { code, message, data } } };
}
