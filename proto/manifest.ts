// The manifest of a release: canonical JSON, whose bytes are signed and whose hash is the release's name.

import { sha256Hex, utf8 } from '../core/bytes.js';
import { SkeinError } from '../core/errors.js';
import type { ReleaseManifest } from './messages.js';
import { manifestSchema } from './schemas.js';

/**
 * JSON with sorted keys and no white space, as in RFC 8785 (UTF-16 key order, numbers as ECMAScript writes them).
 * Throws `internal` for what JSON cannot carry: undefined, functions, numbers that are not finite.
 */
export const canonicalJson = (value: unknown): Uint8Array => utf8(write(value));

function write(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object' && value !== undefined) {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .sort()
      .map(key => `${JSON.stringify(key)}:${write(record[key])}`);
    return `{${members.join(',')}}`;
  }
  throw new SkeinError(
    'internal',
    `JSON cannot carry ${typeof value === 'number' ? String(value) : typeof value}.`,
  );
}

/** SHA-256 (hex) of the manifest's bytes as signed. */
export const releaseHash = (manifest: Uint8Array): string => sha256Hex(manifest);

/**
 * The manifest in signed bytes. Throws `wire/malformed` for anything but the canonical JSON of a manifest, so that one
 * content has one name. The signature is the caller's to check first.
 */
export function parseManifest(bytes: Uint8Array): ReleaseManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SkeinError('wire/malformed', 'The manifest is not JSON.', { cause });
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const at = result.error.issues.map(issue => issue.path.join('.') || 'the whole').slice(0, 8);
    throw new SkeinError('wire/malformed', `The manifest is not valid at ${at.join(', ')}.`);
  }
  if (!Buffer.from(canonicalJson(value)).equals(bytes)) {
    throw new SkeinError('wire/malformed', 'The manifest is not in its canonical form.');
  }
  return result.data;
}
