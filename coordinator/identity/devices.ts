// The register of devices: invited by a one-time token, enrolled with a certificate, revoked for good.

import { timingSafeEqual } from 'node:crypto';
import { equalBytes, sha256 } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { SkeinError } from '../../core/errors.js';
import { TypedEmitter } from '../../core/events.js';
import type { Random } from '../../core/random.js';
import type { Database, Queries } from '../../platform/database.js';
import { type EnrolmentRequest, encodeToken } from '../../proto/enrolment.js';
import { namePattern } from '../../proto/topics.js';
import { issueDeviceCertificate, readRequest } from './certificates.js';
import type { FleetIdentity } from './fleetFolder.js';

export interface DeviceRow {
  readonly id: string;
  readonly invitedMs: number;
  readonly enrolledMs: number | null;
  readonly revokedMs: number | null;
}

/** Where the token tells the device to go. */
export interface Endpoints {
  readonly host: string;
  readonly port: number;
  readonly mqttHost: string;
  readonly mqttPort: number;
}

export interface DevicesOptions {
  readonly database: Database;
  readonly fleet: FleetIdentity;
  readonly clock: Clock;
  readonly random: Random;
}

interface Row {
  id: string;
  invited_ms: number;
  secret_hash: Uint8Array | null;
  expires_ms: number;
  enrolled_ms: number | null;
  revoked_ms: number | null;
  serial: string | null;
  public_key: Uint8Array | null;
  certificate: string | null;
}

export class Devices {
  readonly events = new TypedEmitter<{ invited: string; enrolled: string; revoked: string }>();
  readonly #options: DevicesOptions;

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /**
   * Makes a token for a new device, or another one for a device that has not enrolled yet; the one before is void then.
   * Throws `identity/invalid` (bad name), `identity/exists` (enrolled), `identity/revoked`.
   */
  async invite(
    device: string,
    endpoints: Endpoints,
    lifetimeMs: number,
  ): Promise<{ token: string; expiresMs: number }> {
    const { database, fleet, clock, random } = this.#options;
    if (!namePattern.test(device)) {
      throw new SkeinError(
        'identity/invalid',
        `"${device}" is no name of a device: lower-case letters, digits and hyphens, at most 63.`,
      );
    }
    const secret = Buffer.from(random.bytes(32)).toString('base64url');
    const now = clock.now();
    const expiresMs = now + lifetimeMs;
    await database.transaction(async tx => {
      const row = await find(tx, device);
      if (row?.revoked_ms != null) throw revoked(device);
      if (row?.enrolled_ms != null) {
        throw new SkeinError('identity/exists', `The device ${device} is enrolled already.`, {
          data: { device },
        });
      }
      await tx.run(
        `INSERT INTO device (id, invited_ms, secret_hash, expires_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, expires_ms = excluded.expires_ms`,
        [device, now, sha256(secret), expiresMs],
      );
    });
    this.events.emit('invited', device);
    const token = encodeToken({
      ...endpoints,
      fleet: fleet.fleet,
      device,
      fingerprint: fleet.caFingerprint,
      secret,
    });
    return { token, expiresMs };
  }

  /**
   * The certificate for a request. A token is good once; the same key asking again (its answer was lost) gets the same
   * certificate until the token expires. Throws `identity/token`, `identity/revoked`, `identity/invalid`.
   */
  async enrol({ device, secret, csr }: EnrolmentRequest): Promise<string> {
    const { database, fleet, clock, random } = this.#options;
    const now = clock.now();
    const refused = (): SkeinError =>
      new SkeinError('identity/token', 'The token is not valid, used or expired.');
    await this.#check(device, secret, now, refused);
    const request = await readRequest(csr);
    if (request.commonName !== device)
      throw new SkeinError('identity/invalid', 'The request is for another name than the token.');
    const { certificate, fresh } = await database.transaction(async tx => {
      const row = await find(tx, device);
      if (row === undefined || !matches(row, secret, now)) throw refused();
      if (row.revoked_ms !== null) throw revoked(device);
      if (row.certificate !== null) {
        if (row.public_key === null || !equalBytes(row.public_key, request.keyHash)) throw refused();
        return { certificate: row.certificate, fresh: false };
      }
      const issued = await issueDeviceCertificate(fleet.issuer, fleet.fleet, device, request, {
        nowMs: now,
        random,
      });
      await tx.run(
        'UPDATE device SET enrolled_ms = ?, serial = ?, public_key = ?, certificate = ? WHERE id = ?',
        [now, issued.serial, request.keyHash, issued.certificate, device],
      );
      return { certificate: issued.certificate, fresh: true };
    });
    if (fresh) this.events.emit('enrolled', device);
    return certificate;
  }

  /** The secret is checked before any of the request is parsed. */
  async #check(device: string, secret: string, now: number, refused: () => SkeinError): Promise<void> {
    const row = await find(this.#options.database, device);
    if (row === undefined || !matches(row, secret, now)) throw refused();
  }

  /** Idempotent; on disk before the event that cuts the connection. Throws `device/not-found`. */
  async revoke(device: string): Promise<DeviceRow> {
    const { database, clock } = this.#options;
    const sql = 'UPDATE device SET revoked_ms = COALESCE(revoked_ms, ?), secret_hash = NULL WHERE id = ?';
    const { changes } = await database.run(sql, [clock.now(), device]);
    if (changes === 0)
      throw new SkeinError('device/not-found', `There is no device ${device}.`, { data: { device } });
    this.events.emit('revoked', device);
    return (await this.get(device)) as DeviceRow;
  }

  /** Throws where a connection with this certificate may not be: `identity/revoked`, `identity/missing`. */
  async authorise(device: string, serial: string): Promise<void> {
    const row = await find(this.#options.database, device);
    if (row?.revoked_ms != null) throw revoked(device);
    if (row === undefined || row.serial === null || row.serial !== serial) {
      throw new SkeinError(
        'identity/missing',
        `The device ${device} is not enrolled with this certificate.`,
        { data: { device } },
      );
    }
  }

  async get(device: string): Promise<DeviceRow | undefined> {
    const row = await find(this.#options.database, device);
    return row && view(row);
  }

  /** In order of their names. */
  async list(): Promise<DeviceRow[]> {
    return (await this.#options.database.all<Row>('SELECT * FROM device ORDER BY id')).map(view);
  }
}

const find = (queries: Queries, device: string): Promise<Row | undefined> =>
  queries.get<Row>('SELECT * FROM device WHERE id = ?', [device]);

const view = (row: Row): DeviceRow => ({
  id: row.id,
  invitedMs: row.invited_ms,
  enrolledMs: row.enrolled_ms,
  revokedMs: row.revoked_ms,
});

/** Hashes are compared, in constant time: neither content nor length of the secret shows in the time it takes. */
const matches = (row: Row, secret: string, now: number): boolean =>
  row.secret_hash !== null && now < row.expires_ms && timingSafeEqual(sha256(secret), row.secret_hash);

const revoked = (device: string): SkeinError =>
  new SkeinError('identity/revoked', `The device ${device} was revoked.`, { data: { device } });
