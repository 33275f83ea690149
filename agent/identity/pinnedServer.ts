// Finding the coordinator by the fingerprint in the token: nothing secret is sent before its CA is known to be the right one.

import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { sha256Hex } from '../../core/bytes.js';
import { SkeinError, toSkeinError } from '../../core/errors.js';

export interface Server {
  readonly host: string;
  readonly port: number;
}

const timeoutMs = 15_000;
const maxChain = 8;

/**
 * The CA certificate (PEM) with this SHA-256 (hex, of its DER) in the chain that the server shows. Nothing is sent; the
 * chain itself is verified by the connection that follows, against this CA alone. Throws `identity/fingerprint`, `net/*`.
 */
export function fetchPinnedCa(
  { host, port }: Server,
  fingerprint: string,
  signal?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      timeout: timeoutMs,
      minVersion: 'TLSv1.2',
    });
    const abort = (): void => void socket.destroy(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('close', () => {
      signal?.removeEventListener('abort', abort);
      reject(new SkeinError('net/unreachable', `${host}:${port} closed the connection.`));
    });
    socket.on('error', error => reject(networkError(error, { host, port })));
    socket.on('timeout', () => {
      reject(timedOut({ host, port }));
      socket.destroy();
    });
    socket.on('secureConnect', () => {
      const found = findCa(socket.getPeerCertificate(true), fingerprint);
      if (found !== undefined) resolve(new X509Certificate(found).toString());
      else reject(notThatOne({ host, port }));
      socket.destroy();
    });
    if (signal?.aborted === true) abort();
  });
}

function findCa(leaf: DetailedPeerCertificate, fingerprint: string): Buffer | undefined {
  let at: DetailedPeerCertificate | undefined = leaf;
  for (let depth = 0; depth < maxChain && at?.raw !== undefined; depth++) {
    if (sha256Hex(at.raw) === fingerprint) return at.raw;
    if (at.issuerCertificate === at) return undefined;
    at = at.issuerCertificate;
  }
  return undefined;
}

/** POSTs JSON over TLS that trusts `ca` alone. Resolves with status and body. Throws `identity/fingerprint`, `net/*`. */
export function postJson(
  { host, port }: Server,
  path: string,
  body: object,
  { ca, maxBytes, signal }: { ca: string; maxBytes: number; signal?: AbortSignal },
): Promise<{ status: number; body: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const options = {
      host,
      port,
      path,
      method: 'POST',
      headers,
      ca,
      agent: false,
      timeout: timeoutMs,
      ...(signal && { signal }),
    };
    const call = request({ ...options, minVersion: 'TLSv1.2', rejectUnauthorized: true }, response => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > maxBytes)
          call.destroy(new SkeinError('net/rejected', 'The answer of the server is too large.'));
        else parts.push(part);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: new Uint8Array(Buffer.concat(parts)) }),
      );
      response.on('error', error => reject(networkError(error, { host, port })));
    });
    call.on('timeout', () => call.destroy(timedOut({ host, port })));
    call.on('error', error => reject(networkError(error, { host, port })));
    call.end(text);
  });
}

const notThatOne = ({ host, port }: Server): SkeinError =>
  new SkeinError(
    'identity/fingerprint',
    `${host}:${port} does not belong to the fleet that the token names.`,
    { data: { host, port } },
  );

const timedOut = ({ host, port }: Server): SkeinError =>
  new SkeinError('net/timeout', `${host}:${port} did not answer.`, { data: { host, port } });

function networkError(error: NodeJS.ErrnoException, server: Server): SkeinError {
  if (error instanceof SkeinError) return error;
  const { host, port } = server;
  const options = { data: { host, port }, cause: error };
  const code = error.code ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new SkeinError(
      'identity/fingerprint',
      `The coordinator's certificate is not for ${host}.`,
      options,
    );
  }
  if (code === 'ECONNREFUSED')
    return new SkeinError('net/refused', `Nobody listens at ${host}:${port}.`, options);
  if (/^(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ECONNRESET|EPIPE)$/.test(code)) {
    return new SkeinError('net/unreachable', `${host}:${port} could not be reached (${code}).`, options);
  }
  // What is left are OpenSSL's: a chain that does not lead to the CA, or no TLS at all.
  if (/CERT|SIGNATURE|ISSUER|CHAIN|VERIFY|SSL|EPROTO|PURPOSE/.test(code)) {
    return new SkeinError(
      'identity/fingerprint',
      `${host}:${port} could not prove who it is (${code}).`,
      options,
    );
  }
  return toSkeinError(error);
}
