// The one error type of Skein: a stable code, a message that says what to do, data and cause. Tests match the code.

import { type ErrorCode, errorCodes } from './errorCodes.js';

export type { ErrorCode } from './errorCodes.js';

export type ErrorData = Readonly<
  Record<string, string | number | boolean | null | readonly string[] | readonly number[]>
>;

export class SkeinError extends Error {
  override readonly name = 'SkeinError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, options: { data?: ErrorData; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }

  /** What a program that ends with this error returns to its caller. */
  get exitCode(): number {
    return errorCodes[this.code].exit;
  }

  toJSON(): { code: ErrorCode; message: string; data: ErrorData } {
    return { code: this.code, message: this.message, data: this.data };
  }
}

export function isSkeinError(value: unknown, code?: ErrorCode): value is SkeinError {
  return value instanceof SkeinError && (code === undefined || value.code === code);
}

/**
 * Any thrown value as a SkeinError: system errors get the code that says what to do, the rest `internal`. `file` is named
 * where the system's error names none, as those of open files do.
 */
export function toSkeinError(value: unknown, file?: string): SkeinError {
  if (value instanceof SkeinError) return value;
  const error = value instanceof Error ? value : new Error(String(value));
  if (error.name === 'AbortError') return new SkeinError('cancelled', 'Cancelled.', { cause: error });
  const system = (error as NodeJS.ErrnoException).code;
  const where = (error as NodeJS.ErrnoException).path ?? file;
  const data: ErrorData = where === undefined ? {} : { path: where };
  const known = system === undefined ? undefined : systemErrors[system];
  if (known !== undefined) {
    return new SkeinError(known.code, `${known.text}${where === undefined ? '' : `: ${where}`}.`, {
      data,
      cause: error,
    });
  }
  return new SkeinError('internal', error.message, { cause: error });
}

const systemErrors: Readonly<Record<string, { code: ErrorCode; text: string }>> = {
  ENOENT: { code: 'io/not-found', text: 'No such file or folder' },
  ENOTDIR: { code: 'io/not-found', text: 'A part of the path is no folder' },
  EISDIR: { code: 'io/invalid', text: 'It is a folder and not a file' },
  ENAMETOOLONG: { code: 'io/invalid', text: 'The name is too long' },
  EACCES: { code: 'io/denied', text: 'No permission' },
  EPERM: { code: 'io/denied', text: 'Not permitted' },
  EROFS: { code: 'io/denied', text: 'The file system is read-only' },
  ENOSPC: { code: 'io/full', text: 'No space left on the device' },
  EDQUOT: { code: 'io/full', text: 'The disk quota is used up' },
  EADDRINUSE: { code: 'net/port-busy', text: 'The port is in use by another program' },
  ECONNREFUSED: { code: 'net/refused', text: 'Connection refused' },
};
