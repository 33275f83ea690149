// A Hugging Face hub on this machine: its API, files with ranges and entity tags, and whatever it should do wrong.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

export interface FakeHub {
  readonly environment: Record<string, string>;
  /** By path in the repository `some/model`. */
  readonly files: Record<string, Uint8Array>;
  /** `METHOD path range` of every request for a file. */
  readonly asked: string[];
  /** Answers the next requests for a file in place of the hub, one each. */
  readonly tricks: ((request: IncomingMessage, response: ServerResponse, content: Uint8Array) => void)[];
  /** The same for its API. */
  readonly listTricks: ((request: IncomingMessage, response: ServerResponse) => void)[];
  /** Revisions that its API was asked for. */
  readonly listed: string[];
  commit: string;
  close(): Promise<void>;
}

const sha1 = (content: Uint8Array): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
export const tagOf = (content: Uint8Array): string => `"${sha256(content).slice(0, 16)}"`;

export async function fakeHub(files: Record<string, Uint8Array>): Promise<FakeHub> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://hub');
    if (/^\/api\/models\/some\/model\/revision\/[^/]+$/.test(url.pathname)) {
      hub.listed.push(decodeURIComponent(path.basename(url.pathname)));
      const trick = hub.listTricks.shift();
      return trick === undefined ? list(response) : trick(request, response);
    }
    const name = /^\/some\/model\/resolve\/[^/]+\/(.+)$/.exec(url.pathname)?.[1] ?? '';
    const content = hub.files[name];
    hub.asked.push(`${name} ${request.headers.range ?? 'all'}`);
    if (content === undefined) return void response.writeHead(404).end();
    const trick = hub.tricks.shift();
    if (trick !== undefined) trick(request, response, content);
    else serve(request, response, content);
  });
  const list = (response: ServerResponse): void => {
    const siblings = Object.entries(hub.files).map(([rfilename, content]) => ({
      rfilename,
      size: content.length,
      blobId: sha1(content),
      ...(/gguf|safetensors$/.test(rfilename) && {
        lfs: { sha256: sha256(content), size: content.length, pointerSize: 130 },
      }),
    }));
    response.end(JSON.stringify({ id: 'some/model', sha: hub.commit, siblings }));
  };
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const hub: FakeHub = {
    environment: { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    files,
    asked: [],
    tricks: [],
    listTricks: [],
    listed: [],
    commit: 'c'.repeat(40),
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return hub;
}

/** As RFC 9110 has it: a part where the tag is still the same, else everything. */
function serve(request: IncomingMessage, response: ServerResponse, content: Uint8Array): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const condition = request.headers['if-range'];
  const etag = tagOf(content);
  if (from === 0 || (condition !== undefined && condition !== etag)) {
    response.writeHead(200, { etag, 'content-length': content.length }).end(content);
  } else if (from >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  } else {
    response
      .writeHead(206, {
        etag,
        'content-length': content.length - from,
        'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
      })
      .end(content.subarray(from));
  }
}

/** Sends so many bytes of what it should, and breaks the connection. */
export const breakAfter =
  (count: number) =>
  (request: IncomingMessage, response: ServerResponse, content: Uint8Array): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const head = { etag: tagOf(content), 'content-length': content.length - from };
    if (from === 0) response.writeHead(200, head);
    else
      response.writeHead(206, {
        ...head,
        'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
      });
    response.write(content.subarray(from, from + count), () => setTimeout(() => response.destroy(), 20));
  };
