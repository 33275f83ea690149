// The device's identity on disk: the one place that knows which file is which.
//
//   <folder>/identity/device.key      0600; P-256, made here and never sent
//   <folder>/identity/device.crt      certificate of the fleet's CA; its common name is the device's id
//   <folder>/identity/ca.crt          the fleet's CA, found by the fingerprint in the token
//   <folder>/identity/release.pub     the fleet's Ed25519 key for releases
//   <folder>/identity/identity.json   fleet, device, where to connect
//   <folder>/identity.pending/        an enrolment that has not ended: the same key is used again

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isSkeinError, SkeinError } from '../../core/errors.js';
import { readBounded } from '../../platform/files.js';
import { nameSchema } from '../../proto/schemas.js';

const maxFileBytes = 64 * 1024;

export interface IdentityPaths {
  readonly folder: string;
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
  readonly releaseKey: string;
  readonly about: string;
}

const pathsIn = (folder: string): IdentityPaths => ({
  folder,
  key: path.join(folder, 'device.key'),
  certificate: path.join(folder, 'device.crt'),
  ca: path.join(folder, 'ca.crt'),
  releaseKey: path.join(folder, 'release.pub'),
  about: path.join(folder, 'identity.json'),
});

export const identityPaths = (folder: string): IdentityPaths => pathsIn(path.join(folder, 'identity'));
export const pendingPaths = (folder: string): IdentityPaths => pathsIn(path.join(folder, 'identity.pending'));

export const aboutSchema = z.strictObject({
  version: z.literal(1),
  fleet: nameSchema,
  device: nameSchema,
  mqtt: z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) }),
});

export type About = z.infer<typeof aboutSchema>;

/** Who the device is and how it proves it. */
export interface Identity {
  readonly fleet: string;
  readonly device: string;
  readonly mqtt: { readonly host: string; readonly port: number };
  /** PEM. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Verifies releases (Ed25519). */
  readonly releaseKey: KeyObject;
}

export async function isEnrolled(folder: string): Promise<boolean> {
  return stat(identityPaths(folder).folder).then(
    () => true,
    () => false,
  );
}

/** Throws `identity/missing` where the device is not enrolled, `identity/invalid` where a file is damaged, `io/*`. */
export async function loadIdentity(folder: string): Promise<Identity> {
  const paths = identityPaths(folder);
  if (!(await isEnrolled(folder))) {
    throw new SkeinError('identity/missing', `There is no identity in ${folder}.`, {
      data: { path: folder },
    });
  }
  const text = async (file: string): Promise<string> =>
    new TextDecoder().decode(await readBounded(file, maxFileBytes));
  try {
    const about = aboutSchema.parse(JSON.parse(await text(paths.about)));
    const certificate = await text(paths.certificate);
    const { subject } = new X509Certificate(certificate);
    if (!subject.split('\n').includes(`CN=${about.device}`))
      throw new Error('The certificate is of another device.');
    return {
      fleet: about.fleet,
      device: about.device,
      mqtt: about.mqtt,
      ca: await text(paths.ca),
      certificate,
      key: await text(paths.key),
      releaseKey: createPublicKey(await text(paths.releaseKey)),
    };
  } catch (cause) {
    if (isSkeinError(cause)) throw cause;
    throw new SkeinError('identity/invalid', `The identity in ${paths.folder} is damaged.`, {
      data: { path: paths.folder },
      cause,
    });
  }
}
