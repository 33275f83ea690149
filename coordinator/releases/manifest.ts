// The manifest of a release, signed with the fleet's release key; the SHA-256 of its bytes is the release's name.

import { canonicalJson, parseManifest, releaseHash } from '../../proto/manifest.js';
import type { ReleaseManifest, SignedRelease } from '../../proto/messages.js';

/** Ed25519 over the bytes given, with the fleet's release key. */
export type Sign = (bytes: Uint8Array) => Uint8Array;

export interface NamedRelease extends SignedRelease {
  /** SHA-256 (hex) of `manifest`. */
  readonly hash: string;
}

/** Throws `wire/malformed` for a manifest that no device would read. */
export function signManifest(content: ReleaseManifest, sign: Sign): NamedRelease {
  const manifest = canonicalJson(content);
  parseManifest(manifest);
  return { hash: releaseHash(manifest), manifest, signature: sign(manifest) };
}
