// What a device and the coordinator say to each other before the device has a certificate: the token, the request, the answer.

import { z } from 'zod';
import { SkeinError } from '../core/errors.js';
import { nameSchema } from './schemas.js';

const prefix = 'skein1.';
const maxTokenLength = 2048;
/** Largest body of a request or an answer. */
export const maxEnrolmentBytes = 16_384;
export const enrolmentPath = '/enroll';

const host = z.string().regex(/^[A-Za-z0-9._:-]{1,253}$/);
const port = z.int().min(1).max(65_535);

const tokenSchema = z.strictObject({
  /** Where the device asks for its certificate, over HTTPS. */
  host,
  port,
  /** Where it connects with it. */
  mqttHost: host,
  mqttPort: port,
  fleet: nameSchema,
  device: nameSchema,
  /** SHA-256 (hex) of the CA certificate's DER. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** 32 random bytes; good for one enrolment. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

export type EnrolmentToken = z.infer<typeof tokenSchema>;

export const enrolmentRequestSchema = z.strictObject({
  device: nameSchema,
  secret: z.string().max(64),
  /** PKCS#10 in PEM. */
  csr: z.string().max(4096),
});
export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>;

export const enrolmentAnswerSchema = z.object({
  /** The device's certificate, PEM. */
  certificate: z.string().max(8192),
  /** The fleet's Ed25519 key for releases, SPKI in PEM. */
  releaseKey: z.string().max(1024),
});
export type EnrolmentAnswer = z.infer<typeof enrolmentAnswerSchema>;

export const encodeToken = (token: EnrolmentToken): string =>
  prefix + Buffer.from(JSON.stringify(token)).toString('base64url');

/** Throws `identity/token` for anything that is no token of this version. */
export function decodeToken(text: string): EnrolmentToken {
  const trimmed = text.trim();
  if (trimmed.length <= maxTokenLength && trimmed.startsWith(prefix)) {
    try {
      const json: unknown = JSON.parse(
        Buffer.from(trimmed.slice(prefix.length), 'base64url').toString('utf8'),
      );
      const result = tokenSchema.safeParse(json);
      if (result.success) return result.data;
    } catch {
      // Said below.
    }
  }
  throw new SkeinError('identity/token', 'This is not an enrolment token, or only a part of one.');
}
