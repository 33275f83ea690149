// The fleet's certificate authority: what a certificate of the CA, the coordinator and a device contains. P-256 throughout.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { sha256, sha256Hex, toHex } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';

type Key = webcrypto.CryptoKey;

x509.cryptoProvider.set(webcrypto as never);

const dayMs = 86_400_000;
/** In days. Nothing renews certificates yet, so none ends soon. */
const lifetimes = { ca: 20 * 365, server: 10 * 365, device: 10 * 365 } as const;
/** Clocks of devices may be behind. */
const backdatedDays = 2;

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly key: Key;
}

export interface IssueContext {
  readonly nowMs: number;
  readonly random: Random;
}

export interface KeyedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS#8 in PEM. */
  readonly key: string;
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

/** A self-signed CA that signs end entities only. */
export async function makeAuthority(
  fleet: string,
  context: IssueContext,
): Promise<Issuer & { readonly pem: KeyedCertificate }> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(context.random),
    name: distinguishedName(`Skein CA ${fleet}`, fleet),
    ...validity(context.nowMs, lifetimes.ca),
    signingAlgorithm,
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  const key = keys.privateKey;
  return { certificate, key, pem: { certificate: certificate.toString('pem'), key: await keyPem(key) } };
}

/** The coordinator's certificate for the names and addresses that devices know it by. Throws `identity/invalid`. */
export async function makeServerCertificate(
  issuer: Issuer,
  fleet: string,
  hosts: readonly string[],
  context: IssueContext,
): Promise<KeyedCertificate> {
  const wrong = hosts.find(host => !/^[A-Za-z0-9._:-]{1,253}$/.test(host));
  if (hosts.length === 0 || wrong !== undefined) {
    throw new SkeinError('identity/invalid', `${wrong ?? 'No host'} is no host name or address.`);
  }
  const keys = await newKeys();
  const names = hosts.map(host => ({
    type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
    value: host,
  }));
  const certificate = await issue(issuer, 'coordinator', fleet, keys.publicKey, lifetimes.server, context, [
    new x509.SubjectAlternativeNameExtension(names),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ]);
  return { certificate: certificate.toString('pem'), key: await keyPem(keys.privateKey) };
}

/** A request as far as it counts: the key and the name it asks for. Names and extensions are decided here, not there. */
export interface CertificateRequest {
  readonly publicKey: x509.PublicKey;
  /** SHA-256 of the SPKI. */
  readonly keyHash: Uint8Array;
  readonly commonName: string;
}

/** Throws `identity/invalid` where the PEM is no PKCS#10 request, its key is not P-256, or its own signature does not verify. */
export async function readRequest(pem: string): Promise<CertificateRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const { namedCurve } = request.publicKey.algorithm as { namedCurve?: string };
    if (namedCurve === 'P-256' && (await request.verify())) {
      const commonName = request.subjectName.getField('CN')[0] ?? '';
      return {
        publicKey: request.publicKey,
        keyHash: sha256(new Uint8Array(request.publicKey.rawData)),
        commonName,
      };
    }
  } catch (cause) {
    throw new SkeinError('identity/invalid', 'The certificate request cannot be read.', { cause });
  }
  throw new SkeinError(
    'identity/invalid',
    'The certificate request is not signed by a P-256 key of its own.',
  );
}

export interface IssuedCertificate {
  readonly certificate: string;
  /** Upper-case hex without leading zeros, as Node prints it. */
  readonly serial: string;
}

/** A client certificate whose common name is the device's id. */
export async function issueDeviceCertificate(
  issuer: Issuer,
  fleet: string,
  device: string,
  request: CertificateRequest,
  context: IssueContext,
): Promise<IssuedCertificate> {
  const publicKey = await request.publicKey.export();
  const certificate = await issue(issuer, device, fleet, publicKey as never, lifetimes.device, context, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
  return { certificate: certificate.toString('pem'), serial: certificate.serialNumber.toUpperCase() };
}

async function issue(
  issuer: Issuer,
  commonName: string,
  fleet: string,
  publicKey: Key,
  days: number,
  context: IssueContext,
  extensions: readonly x509.Extension[],
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(context.random),
    subject: distinguishedName(commonName, fleet),
    issuer: issuer.certificate.subject,
    ...validity(context.nowMs, days),
    signingAlgorithm,
    publicKey: publicKey as never,
    signingKey: issuer.key as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey as never),
      ...extensions,
    ],
  });
}

/** The CA from its two PEM files. Throws `identity/invalid`. */
export async function readAuthority({
  certificate,
  key,
}: KeyedCertificate): Promise<Issuer & { readonly fleet: string }> {
  try {
    const parsed = new x509.X509Certificate(certificate);
    const fleet = parsed.subjectName.getField('O')[0] ?? '';
    const der = x509.PemConverter.decode(key)[0] as never;
    const imported = await webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, false, ['sign']);
    return { certificate: parsed, key: imported, fleet };
  } catch (cause) {
    throw new SkeinError('identity/invalid', 'The certificate authority of the fleet cannot be read.', {
      cause,
    });
  }
}

/** SHA-256 (hex) of the certificate's DER: what a token carries. */
export const fingerprint = (pem: string): string =>
  sha256Hex(new Uint8Array(new x509.X509Certificate(pem).rawData));

const keyPem = async (key: Key): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

/** 126 random bits; the first is 01, so that the number is positive and has always the same length. */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return toHex(bytes);
}

const distinguishedName = (commonName: string, fleet: string): string => `CN=${commonName}, O=${fleet}`;

const validity = (nowMs: number, days: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(nowMs - backdatedDays * dayMs),
  notAfter: new Date(nowMs + days * dayMs),
});
