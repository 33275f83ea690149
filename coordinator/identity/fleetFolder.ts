// The fleet's secrets on disk: the one place that knows which file is which. Made at once or not at all.
//
//   <folder>/identity/ca.crt          certificate authority; its SHA-256 stands in every token
//   <folder>/identity/ca.key          0600; signs device certificates
//   <folder>/identity/server.crt      the coordinator's certificate, followed by the CA's
//   <folder>/identity/server.key      0600
//   <folder>/identity/release.key     0600; Ed25519, signs releases
//   <folder>/identity/release.pub     what devices verify releases with
//   <folder>/identity/operator.token  0600; opens the HTTP API

import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { toHex } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import { ensureFolder, readBounded, writeFileAtomic } from '../../platform/files.js';
import { namePattern } from '../../proto/topics.js';
import {
  fingerprint,
  type Issuer,
  makeAuthority,
  makeServerCertificate,
  readAuthority,
} from './certificates.js';

const maxFileBytes = 64 * 1024;

export interface FleetPaths {
  readonly identity: string;
  readonly caCertificate: string;
  readonly caKey: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly releaseKey: string;
  readonly releasePublicKey: string;
  readonly operatorToken: string;
}

export const fleetPaths = (folder: string): FleetPaths => pathsIn(path.join(folder, 'identity'));

const pathsIn = (identity: string): FleetPaths => ({
  identity,
  caCertificate: path.join(identity, 'ca.crt'),
  caKey: path.join(identity, 'ca.key'),
  serverCertificate: path.join(identity, 'server.crt'),
  serverKey: path.join(identity, 'server.key'),
  releaseKey: path.join(identity, 'release.key'),
  releasePublicKey: path.join(identity, 'release.pub'),
  operatorToken: path.join(identity, 'operator.token'),
});

export interface FleetOptions {
  readonly fleet: string;
  /** Names and addresses that devices will reach the coordinator by. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Makes the fleet's identity in the folder. Throws `identity/exists` where there is one, `identity/invalid` for a bad
 * name or host, `io/*`. Killed at any moment it leaves either everything or no identity.
 */
export async function initFleet(
  folder: string,
  { fleet, hosts, clock, random }: FleetOptions,
): Promise<FleetPaths> {
  if (!namePattern.test(fleet)) {
    throw new SkeinError(
      'identity/invalid',
      `"${fleet}" is no name of a fleet: lower-case letters, digits and hyphens, at most 63.`,
    );
  }
  const paths = fleetPaths(folder);
  if (await exists(paths.identity)) throw already(paths.identity);
  const context = { nowMs: clock.now(), random };
  const authority = await makeAuthority(fleet, context);
  const server = await makeServerCertificate(authority, fleet, hosts, context);
  const release = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await ensureFolder(folder, 0o700);
  const making = pathsIn(`${paths.identity}.${toHex(random.bytes(6))}.tmp`);
  try {
    await ensureFolder(making.identity, 0o700);
    const { certificate, key } = authority.pem;
    await writeFileAtomic(making.caCertificate, withNewline(certificate));
    await writeFileAtomic(making.caKey, withNewline(key), 0o600);
    await writeFileAtomic(
      making.serverCertificate,
      withNewline(server.certificate) + withNewline(certificate),
    );
    await writeFileAtomic(making.serverKey, withNewline(server.key), 0o600);
    await writeFileAtomic(making.releaseKey, release.privateKey, 0o600);
    await writeFileAtomic(making.releasePublicKey, release.publicKey);
    await writeFileAtomic(
      making.operatorToken,
      `${Buffer.from(random.bytes(32)).toString('base64url')}\n`,
      0o600,
    );
    await rename(making.identity, paths.identity);
  } catch (error) {
    await rm(making.identity, { recursive: true, force: true });
    // Renaming onto a folder that is not empty: another init was quicker.
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw already(paths.identity);
    throw toSkeinError(error);
  }
  return paths;
}

/** The fleet's identity in memory, as the coordinator uses it. */
export interface FleetIdentity {
  readonly fleet: string;
  readonly issuer: Issuer;
  readonly caCertificate: string;
  readonly caFingerprint: string;
  /** PEM: the coordinator's certificate and the CA's. */
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly releaseKey: KeyObject;
  /** SPKI in PEM. */
  readonly releasePublicKey: string;
  readonly operatorToken: string;
}

/** Throws `identity/missing` where there is none (`skein init` makes it), `identity/invalid`, `io/*`. */
export async function openFleet(folder: string): Promise<FleetIdentity> {
  const paths = fleetPaths(folder);
  if (!(await exists(paths.identity))) {
    throw new SkeinError('identity/missing', `There is no fleet in ${folder}; make one with: skein init`, {
      data: { path: folder },
    });
  }
  const text = async (file: string): Promise<string> =>
    new TextDecoder().decode(await readBounded(file, maxFileBytes));
  const caCertificate = await text(paths.caCertificate);
  const { fleet, ...issuer } = await readAuthority({
    certificate: caCertificate,
    key: await text(paths.caKey),
  });
  let releaseKey: KeyObject;
  try {
    releaseKey = createPrivateKey(await text(paths.releaseKey));
  } catch (cause) {
    if (isSkeinError(cause)) throw cause;
    throw new SkeinError('identity/invalid', `${paths.releaseKey} is no key.`, {
      data: { path: paths.releaseKey },
      cause,
    });
  }
  return {
    fleet,
    issuer,
    caCertificate,
    caFingerprint: fingerprint(caCertificate),
    serverCertificate: await text(paths.serverCertificate),
    serverKey: await text(paths.serverKey),
    releaseKey,
    releasePublicKey: await text(paths.releasePublicKey),
    operatorToken: (await text(paths.operatorToken)).trim(),
  };
}

const exists = async (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

const already = (identity: string): SkeinError =>
  new SkeinError('identity/exists', `${identity} exists already; nothing was changed.`, {
    data: { path: identity },
  });

const withNewline = (pem: string): string => (pem.endsWith('\n') ? pem : `${pem}\n`);
