// What a release must be before a device touches it: signed by the fleet, newer than all before, for this base model.

import { type KeyObject, verify } from 'node:crypto';
import { SkeinError } from '../../core/errors.js';
import { parseManifest, releaseHash } from '../../proto/manifest.js';
import type { ReleaseManifest, SignedRelease } from '../../proto/messages.js';

export interface ReleaseExpectation {
  /** The fleet's Ed25519 key, known since enrolment. */
  readonly releaseKey: KeyObject;
  readonly fleet: string;
  /** SHA-256 (hex) of the device's model file. */
  readonly baseModel: string;
  /** Highest serial that was ever verified. */
  readonly serial: number;
}

export interface VerifiedRelease extends SignedRelease {
  readonly hash: string;
  readonly content: ReleaseManifest;
}

const fileNames = 'adapter_config.json adapter_model.safetensors';

/**
 * The signature is checked before anything is parsed. Throws `release/signature`, `wire/malformed`, `wire/foreign`
 * (another fleet), `wire/replay` (an old serial), `model/mismatch`.
 */
export function verifyRelease(release: SignedRelease, expected: ReleaseExpectation): VerifiedRelease {
  if (!verify(null, release.manifest, expected.releaseKey, release.signature)) {
    throw new SkeinError('release/signature', 'The signature of the release is not valid.');
  }
  const content = parseManifest(release.manifest);
  if (content.fleet !== expected.fleet) {
    throw new SkeinError('wire/foreign', `The release is for the fleet ${content.fleet}.`);
  }
  if (content.serial <= expected.serial) {
    throw new SkeinError('wire/replay', `Release ${content.serial} is not newer than ${expected.serial}.`, {
      data: { serial: content.serial, known: expected.serial },
    });
  }
  if (content.baseModel !== expected.baseModel) {
    throw new SkeinError('model/mismatch', 'The release is for another base model.', {
      data: { wanted: content.baseModel, present: expected.baseModel },
    });
  }
  const names = content.files.map(file => file.name).sort();
  if (names.length > 0 && names.join(' ') !== fileNames) {
    throw new SkeinError('wire/malformed', 'The release is no PEFT folder.');
  }
  return { ...release, hash: releaseHash(release.manifest), content };
}
