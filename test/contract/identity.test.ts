// Identity: a fleet made whole, tokens good once, devices pinned to the right CA, revocation for good.

import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enrol } from '../../agent/identity/enrol.js';
import { isEnrolled, loadIdentity } from '../../agent/identity/identityFolder.js';
import { fetchPinnedCa, postJson } from '../../agent/identity/pinnedServer.js';
import { fleetPaths, initFleet, openFleet } from '../../coordinator/identity/fleetFolder.js';
import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import { decodeToken, encodeToken } from '../../proto/enrolment.js';
import { enrolled, type Gate, invite, newFleetFolder, openGate, temporaryFolder } from '../helpers/wire.js';

const ambient = { clock: systemClock, random: systemRandom };
let gate: Gate;
beforeEach(async () => {
  gate = await openGate(await newFleetFolder());
});
afterEach(() => gate.stop());

const mode = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

test('a fleet is made whole, its secrets are private, and it is never made over another', async () => {
  const paths = fleetPaths(gate.folder);
  for (const secret of [paths.caKey, paths.serverKey, paths.releaseKey, paths.operatorToken])
    expect(await mode(secret)).toBe(0o600);
  expect((await readdir(gate.folder)).filter(name => name.startsWith('identity'))).toEqual(['identity']);
  const before = await readFile(paths.caCertificate, 'utf8');
  await expect(initFleet(gate.folder, { fleet: 'other', hosts: ['x'], ...ambient })).rejects.toMatchObject({
    code: 'identity/exists',
  });
  expect(await readFile(paths.caCertificate, 'utf8')).toBe(before);

  const [server, ca] = [new X509Certificate(gate.identity.serverCertificate), new X509Certificate(before)];
  expect(ca.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.verify(ca.publicKey)).toBe(true);
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(server.checkHost('localhost')).toBe('localhost');
  expect(gate.identity.fleet).toBe('test');
});

test('two at once make one fleet', async () => {
  const folder = await temporaryFolder('fleet');
  const results = await Promise.allSettled(
    [1, 2].map(() => initFleet(folder, { fleet: 'a', hosts: ['localhost'], ...ambient })),
  );
  expect(results.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(result => result.status === 'rejected')).toMatchObject({
    reason: { code: 'identity/exists' },
  });
  await openFleet(folder);
});

test.each([
  ['Upper', ['localhost']],
  ['', ['localhost']],
  ['a', []],
  ['a', ['no such/host']],
])('a fleet %j for %j is refused', async (fleet, hosts) => {
  const folder = await temporaryFolder('fleet');
  await expect(initFleet(folder, { fleet, hosts, ...ambient })).rejects.toMatchObject({
    code: 'identity/invalid',
  });
  expect(await readdir(folder)).toEqual([]);
});

test('missing and damaged fleets have codes', async () => {
  await expect(openFleet(await temporaryFolder('fleet'))).rejects.toMatchObject({ code: 'identity/missing' });
  const folder = await newFleetFolder();
  await writeFile(fleetPaths(folder).caKey, 'rubbish');
  await expect(openFleet(folder)).rejects.toMatchObject({ code: 'identity/invalid' });
});

test('a token becomes an identity, once', async () => {
  const token = await invite(gate, 'd1', 8883);
  const folder = await temporaryFolder('device');
  const identity = await enrol(folder, token);
  expect(identity).toMatchObject({ fleet: 'test', device: 'd1', mqtt: { host: '127.0.0.1', port: 8883 } });
  const certificate = new X509Certificate(identity.certificate);
  expect(certificate.subject.split('\n')).toContain('CN=d1');
  expect(certificate.verify(new X509Certificate(gate.identity.caCertificate).publicKey)).toBe(true);
  expect(await mode(path.join(folder, 'identity', 'device.key'))).toBe(0o600);
  expect(await readdir(folder)).toEqual(['identity']);
  expect(await loadIdentity(folder)).toMatchObject({ device: 'd1' });
  expect(await gate.devices.get('d1')).toMatchObject({
    id: 'd1',
    enrolledMs: expect.any(Number),
    revokedMs: null,
  });

  await expect(enrol(folder, token)).rejects.toMatchObject({ code: 'identity/exists' });
  await expect(enrol(await temporaryFolder('device'), token)).rejects.toMatchObject({
    code: 'identity/token',
  });
  await expect(invite(gate, 'd1')).rejects.toMatchObject({ code: 'identity/exists' });
  expect(gate.counters.all('refused')).toEqual({ 'identity/token': 1 });
});

test('the secret itself is nowhere on the coordinator', async () => {
  const { secret } = decodeToken(await invite(gate, 'd1'));
  for (const file of await readdir(gate.folder)) {
    const content = await readFile(path.join(gate.folder, file)).catch(() => Buffer.alloc(0));
    expect(content.includes(secret), file).toBe(false);
  }
});

test('after a lost answer the same device gets the same certificate; another key gets none', async () => {
  const token = await invite(gate, 'd1');
  const folder = await temporaryFolder('device');
  // The answer is lost: an identity cannot be put in place, but the coordinator has issued it.
  const lost = await temporaryFolder('device');
  await enrol(lost, token);
  await mkdir(path.join(folder, 'identity.pending'));
  await writeFile(
    path.join(folder, 'identity.pending', 'device.key'),
    await readFile(path.join(lost, 'identity', 'device.key')),
  );
  const again = await enrol(folder, token);
  expect(again.certificate.trim()).toBe((await loadIdentity(lost)).certificate.trim());
  await expect(enrol(await temporaryFolder('device'), token)).rejects.toMatchObject({
    code: 'identity/token',
  });
});

test('a new token voids the one before; an expired one is refused', async () => {
  const first = await invite(gate, 'd1');
  const second = await invite(gate, 'd1');
  await expect(enrol(await temporaryFolder('device'), first)).rejects.toMatchObject({
    code: 'identity/token',
  });
  await enrol(await temporaryFolder('device'), second);
  const expired = await invite(gate, 'd2', 1, 0);
  await expect(enrol(await temporaryFolder('device'), expired)).rejects.toMatchObject({
    code: 'identity/token',
  });
});

test.each(['', 'skein1.', 'skein1.e30', 'skein1.%%%', 'skein2.e30', `skein1.${'A'.repeat(5000)}`])(
  '%j is no token',
  async text => {
    await expect(enrol(await temporaryFolder('device'), text)).rejects.toMatchObject({
      code: 'identity/token',
    });
  },
);

test('a coordinator of another fleet gets nothing secret', async () => {
  const seen: Buffer[] = [];
  const other = await openGate(await newFleetFolder('other'), {
    onBytes: (direction, bytes) => void (direction === 'up' && seen.push(Buffer.from(bytes))),
  });
  try {
    const token = decodeToken(await invite(gate, 'd1'));
    const misled = encodeToken({ ...token, port: other.enrolmentPort });
    const folder = await temporaryFolder('device');
    await expect(enrol(folder, misled)).rejects.toMatchObject({ code: 'identity/fingerprint' });
    expect(Buffer.concat(seen).toString()).toBe('');
    expect(await isEnrolled(folder)).toBe(false);
    // Even where the right CA is known, another fleet's server is not talked to.
    const server = { host: '127.0.0.1', port: other.enrolmentPort };
    const call = postJson(server, '/enroll', { a: 1 }, { ca: gate.identity.caCertificate, maxBytes: 100 });
    await expect(call).rejects.toMatchObject({ code: 'identity/fingerprint' });
    expect(Buffer.concat(seen).toString()).toBe('');
  } finally {
    await other.stop();
  }
});

test('a server that shows the right CA without holding a certificate of it gets nothing secret', async () => {
  const { createServer } = await import('node:tls');
  const { makeAuthority, makeServerCertificate } = await import('../../coordinator/identity/certificates.js');
  const context = { nowMs: Date.now(), random: systemRandom };
  const foreign = await makeAuthority('test', context);
  const { certificate, key } = await makeServerCertificate(foreign, 'test', ['127.0.0.1'], context);
  const seen: Buffer[] = [];
  const server = createServer({ cert: `${certificate}\n${gate.identity.caCertificate}`, key }, socket => {
    socket.on('data', bytes => seen.push(bytes));
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const token = encodeToken({
      ...decodeToken(await invite(gate, 'd1')),
      port: (server.address() as { port: number }).port,
    });
    await expect(enrol(await temporaryFolder('device'), token)).rejects.toMatchObject({
      code: 'identity/fingerprint',
    });
    expect(seen).toEqual([]);
  } finally {
    server.close();
  }
});

test('nobody there, something else there, silence: codes', async () => {
  const token = decodeToken(await invite(gate, 'd1'));
  const at = (port: number) => encodeToken({ ...token, port });
  const garbage = createTcpServer(socket => socket.resume().end('SSH-2.0-nothing\r\n')).listen(
    0,
    '127.0.0.1',
  );
  await new Promise(resolve => garbage.once('listening', resolve));
  const { port } = garbage.address() as { port: number };
  await expect(enrol(await temporaryFolder('device'), at(port))).rejects.toMatchObject({
    name: 'SkeinError',
  });
  await new Promise(resolve => garbage.close(resolve));
  await expect(enrol(await temporaryFolder('device'), at(port))).rejects.toMatchObject({
    code: 'net/refused',
  });
  const aborted = AbortSignal.abort(new Error('stop'));
  await expect(
    fetchPinnedCa({ host: '127.0.0.1', port: gate.enrolmentPort }, token.fingerprint, aborted),
  ).rejects.toThrow();
});

test('what is no enrolment is refused, counted, and the server lives on', async () => {
  const server = { host: '127.0.0.1', port: gate.enrolmentPort };
  const ca = gate.identity.caCertificate;
  const post = async (path: string, body: object): Promise<number> =>
    (await postJson(server, path, body, { ca, maxBytes: 10_000 })).status;
  expect(await post('/', {})).toBe(404);
  expect(await post('/enroll', {})).toBe(403);
  expect(await post('/enroll', { device: 'd1', secret: 'x', csr: 'y' })).toBe(403);
  expect(await post('/enroll', { device: 'd1', secret: 'x'.repeat(20_000), csr: 'y' })).toBe(403);
  const { device, secret } = decodeToken(await invite(gate, 'd1'));
  expect(await post('/enroll', { device, secret, csr: 'not a request' })).toBe(403);
  const raw = connect({ ...server, ca });
  await new Promise(resolve => raw.once('secureConnect', resolve));
  raw.write(Buffer.from([0, 1, 2, 3, 255, 254, 10, 13, 10, 13]));
  await new Promise(resolve => raw.once('close', resolve));
  expect(gate.counters.all('refused')).toEqual({
    'identity/invalid': 1,
    'identity/token': 1,
    'wire/malformed': 2,
    'wire/oversized': 1,
  });
  await enrolled(gate, 'd2');
});

test('guessing has an end', async () => {
  const server = { host: '127.0.0.1', port: gate.enrolmentPort };
  await invite(gate, 'd1');
  const statuses = new Set<number>();
  for (let i = 0; i < 25; i++) {
    const body = { device: 'd1', secret: `guess-${i}`, csr: '' };
    statuses.add(
      (await postJson(server, '/enroll', body, { ca: gate.identity.caCertificate, maxBytes: 1000 })).status,
    );
  }
  expect([...statuses]).toEqual([403, 429]);
});

test('revoked stays revoked, also after a restart', async () => {
  await enrolled(gate, 'd1');
  const serial = new X509Certificate(
    (await gate.database.get<{ certificate: string }>('SELECT certificate FROM device'))?.certificate ?? '',
  ).serialNumber;
  await gate.devices.authorise('d1', serial);
  await expect(gate.devices.authorise('d1', `${serial}0`)).rejects.toMatchObject({
    code: 'identity/missing',
  });
  await expect(gate.devices.authorise('d9', serial)).rejects.toMatchObject({ code: 'identity/missing' });
  const cut: string[] = [];
  gate.devices.events.on('revoked', device => cut.push(device));
  const { revokedMs } = await gate.devices.revoke('d1');
  expect(await gate.devices.revoke('d1')).toMatchObject({ revokedMs });
  expect(cut).toContain('d1');
  await expect(gate.devices.revoke('d9')).rejects.toMatchObject({ code: 'device/not-found' });
  await gate.stop();
  gate = await openGate(gate.folder);
  await expect(gate.devices.authorise('d1', serial)).rejects.toMatchObject({ code: 'identity/revoked' });
  await expect(invite(gate, 'd1')).rejects.toMatchObject({ code: 'identity/revoked' });
});
