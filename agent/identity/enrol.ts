// Enrolment: a token becomes an identity. The key is made here, stays here, and survives a lost answer.

import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import { rename } from 'node:fs/promises';
import * as x509 from '@peculiar/x509';
import { type ErrorCode, errorCodes } from '../../core/errorCodes.js';
import { isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import { ensureFolder, readBounded, writeFileAtomic } from '../../platform/files.js';
import {
  decodeToken,
  type EnrolmentAnswer,
  type EnrolmentToken,
  enrolmentAnswerSchema,
  enrolmentPath,
  maxEnrolmentBytes,
} from '../../proto/enrolment.js';
import {
  type About,
  type Identity,
  identityPaths,
  isEnrolled,
  loadIdentity,
  pendingPaths,
} from './identityFolder.js';
import { fetchPinnedCa, postJson } from './pinnedServer.js';

x509.cryptoProvider.set(webcrypto as never);

/**
 * Enrols the device and returns its identity, which stands in the folder then, whole. May be called again with the same
 * token after any failure. Throws `identity/exists`, `identity/token`, `identity/fingerprint`, `identity/invalid`, `net/*`, `io/*`.
 */
export async function enrol(folder: string, tokenText: string, signal?: AbortSignal): Promise<Identity> {
  const token = decodeToken(tokenText);
  if (await isEnrolled(folder)) {
    throw new SkeinError('identity/exists', `There is an identity in ${folder} already.`, {
      data: { path: folder },
    });
  }
  const pending = pendingPaths(folder);
  await ensureFolder(folder, 0o700);
  await ensureFolder(pending.folder, 0o700);
  const key = await keyAt(pending.key);
  const ca = await fetchPinnedCa(token, token.fingerprint, signal);
  const answer = await ask(token, {
    csr: await signedRequest(key, token.device),
    ca,
    ...(signal && { signal }),
  });
  checkCertificate(answer.certificate, { ca, key, device: token.device });

  const about: About = {
    version: 1,
    fleet: token.fleet,
    device: token.device,
    mqtt: { host: token.mqttHost, port: token.mqttPort },
  };
  await writeFileAtomic(pending.certificate, answer.certificate);
  await writeFileAtomic(pending.ca, ca);
  await writeFileAtomic(pending.releaseKey, answer.releaseKey);
  await writeFileAtomic(pending.about, `${JSON.stringify(about, null, 2)}\n`);
  try {
    await rename(pending.folder, identityPaths(folder).folder);
  } catch (error) {
    throw toSkeinError(error);
  }
  return loadIdentity(folder);
}

/** The key of an enrolment that was begun, or a new one. PKCS#8 in PEM. */
async function keyAt(file: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readBounded(file, 4096));
  } catch (error) {
    if (!isSkeinError(error, 'io/not-found')) throw error;
  }
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFileAtomic(file, privateKey, 0o600);
  return privateKey;
}

/** A PKCS#10 request (PEM) for the device's name, signed by its key. */
async function signedRequest(keyPem: string, device: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const { subtle } = webcrypto;
  const privateKey = createPrivateKey(keyPem);
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  const keys = {
    privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${device}`,
    keys: keys as never,
    signingAlgorithm: algorithm,
  });
  return request.toString('pem');
}

async function ask(
  token: EnrolmentToken,
  { csr, ca, signal }: { csr: string; ca: string; signal?: AbortSignal },
): Promise<EnrolmentAnswer> {
  const request = { device: token.device, secret: token.secret, csr };
  const { status, body } = await postJson(token, enrolmentPath, request, {
    ca,
    maxBytes: maxEnrolmentBytes,
    ...(signal && { signal }),
  });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new SkeinError('net/rejected', `The coordinator's answer cannot be read (status ${status}).`);
  }
  if (status !== 200) {
    const { code, message } = (json as { error?: { code?: unknown; message?: unknown } } | null)?.error ?? {};
    const known = typeof code === 'string' && Object.hasOwn(errorCodes, code) && code.startsWith('identity/');
    const why = typeof message === 'string' ? message.slice(0, 200) : `Status ${status}.`;
    throw new SkeinError(known ? (code as ErrorCode) : 'net/rejected', why);
  }
  const result = enrolmentAnswerSchema.safeParse(json);
  if (!result.success) throw new SkeinError('net/rejected', "The coordinator's answer is not one.");
  return result.data;
}

function checkCertificate(
  pem: string,
  { ca, key, device }: { ca: string; key: string; device: string },
): void {
  try {
    const certificate = new X509Certificate(pem);
    const authority = new X509Certificate(ca);
    const signed = certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
    const mine = certificate.checkPrivateKey(createPrivateKey(key));
    if (signed && mine && certificate.subject.split('\n').includes(`CN=${device}`)) return;
  } catch (cause) {
    throw new SkeinError('identity/invalid', 'The certificate that came back cannot be read.', { cause });
  }
  throw new SkeinError('identity/invalid', 'The certificate that came back is not for this device and key.');
}
