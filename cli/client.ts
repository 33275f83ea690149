// The operator's HTTP API as the commands see it: typed views in, typed errors out.

import { type ErrorCode, errorCodes, isSkeinError, SkeinError, toSkeinError } from '../core/index.js';
import type {
  DeviceView,
  ReleaseView,
  RoundView,
  StatusView,
  TaskSubmission,
  TaskView,
} from '../proto/api.js';

const maxBodyBytes = 256 * 1024 * 1024;
const requestTimeoutMs = 60_000;

export interface ClientOptions {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

export interface EnrolmentToken {
  readonly id: string;
  readonly token: string;
  readonly expiresMs: number;
}

export class FleetClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  status(): Promise<StatusView> {
    return this.#json('GET', '/api/status');
  }

  async devices(): Promise<readonly DeviceView[]> {
    return (await this.#json<{ devices: DeviceView[] }>('GET', '/api/devices')).devices;
  }

  addDevice(id: string): Promise<EnrolmentToken> {
    return this.#json('POST', '/api/devices', { id });
  }

  revokeDevice(id: string): Promise<DeviceView> {
    return this.#json('POST', `/api/devices/${encodeURIComponent(id)}/revoke`);
  }

  async tasks(): Promise<readonly TaskView[]> {
    return (await this.#json<{ tasks: TaskView[] }>('GET', '/api/tasks')).tasks;
  }

  submitTask(task: TaskSubmission): Promise<TaskView> {
    return this.#json('POST', '/api/tasks', task);
  }

  cancelTask(id: string): Promise<TaskView> {
    return this.#json('POST', `/api/tasks/${encodeURIComponent(id)}/cancel`);
  }

  async rounds(task?: string): Promise<readonly RoundView[]> {
    const query = task === undefined ? '' : `?task=${encodeURIComponent(task)}`;
    return (await this.#json<{ rounds: RoundView[] }>('GET', `/api/rounds${query}`)).rounds;
  }

  async releases(): Promise<readonly ReleaseView[]> {
    return (await this.#json<{ releases: ReleaseView[] }>('GET', '/api/releases')).releases;
  }

  rollBack(hash: string): Promise<ReleaseView> {
    return this.#json('POST', `/api/releases/${encodeURIComponent(hash)}/rollback`);
  }

  async releaseFile(hash: string, name: string): Promise<Uint8Array> {
    const path = `/api/releases/${encodeURIComponent(hash)}/files/${encodeURIComponent(name)}`;
    return readBody(await this.#request('GET', path, undefined, AbortSignal.timeout(requestTimeoutMs)));
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#request(method, path, body, AbortSignal.timeout(requestTimeoutMs));
    const text = new TextDecoder().decode(await readBody(response));
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new SkeinError('net/rejected', `${this.#options.url} did not answer in JSON.`, { cause: error });
    }
  }

  async #request(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const { url, token, signal: outer } = this.#options;
    const signals = [signal, outer].filter(given => given !== undefined);
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.any(signals),
        redirect: 'error',
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw networkError(error, url);
    }
    if (!response.ok) throw await refusal(response, url);
    return response;
  }
}

async function readBody(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    for await (const part of response.body) {
      size += (part as Uint8Array).length;
      if (size > maxBodyBytes)
        throw new SkeinError('net/rejected', 'The coordinator sent more than can be read.');
      parts.push(part as Uint8Array);
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}

async function refusal(response: Response, url: string): Promise<SkeinError> {
  let code: ErrorCode = 'net/rejected';
  let message = `${url} answered ${response.status}.`;
  let data: SkeinError['data'] = { status: response.status };
  try {
    const body = JSON.parse(new TextDecoder().decode(await readBody(response))) as {
      error?: Record<string, unknown>;
    };
    if (typeof body.error?.message === 'string') message = body.error.message;
    const given = body.error?.code;
    if (typeof given === 'string' && Object.hasOwn(errorCodes, given)) code = given as ErrorCode;
    if (typeof body.error?.data === 'object' && body.error.data !== null)
      data = body.error.data as SkeinError['data'];
  } catch {
    // Not an answer of ours; the status says what there is to say.
  }
  return new SkeinError(code, message, { data });
}

function networkError(error: unknown, url: string): SkeinError {
  if (isSkeinError(error)) return error;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const known = toSkeinError(cause);
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new SkeinError('net/timeout', `The coordinator at ${url} did not answer in time.`, {
      cause: error,
    });
  }
  if (known.code === 'cancelled') return known;
  const code = known.code === 'net/refused' ? 'net/refused' : 'net/unreachable';
  return new SkeinError(code, `The coordinator at ${url} cannot be reached: ${known.message}`, {
    cause: error,
  });
}
