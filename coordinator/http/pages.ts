// The dashboard's files, read once at start: a fixed list of names, so no request can reach anything else on the disk.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { pageHeaders } from './guard.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.json': 'application/json',
};

/** Where the build puts the dashboard, seen from the built program and from the sources. */
export const dashboardFolders: readonly string[] = ['../dashboard/', '../../dist/coordinator/dashboard/'].map(
  folder => fileURLToPath(new URL(folder, import.meta.url)),
);

interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** The built dashboard of the first folder that has one; none where it is not built. */
export async function readPages(
  folders: readonly string[] = dashboardFolders,
): Promise<ReadonlyMap<string, Page>> {
  for (const folder of folders) {
    const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
    // The sources have an index.html too, but nothing that a browser could run.
    if (!names.includes('index.html') || names.some(name => name.endsWith('.tsx'))) continue;
    const pages = new Map<string, Page>();
    for (const name of names) {
      const type = types[path.extname(name)];
      if (type === undefined) continue;
      const bytes = new Uint8Array(await readFile(path.join(folder, name)));
      pages.set(`/${name.split(path.sep).join('/')}`, { bytes, type });
    }
    const index = pages.get('/index.html');
    if (index !== undefined) pages.set('/', index);
    return pages;
  }
  return new Map();
}

export function pageRoutes(pages: ReadonlyMap<string, Page>): Hono {
  const app = new Hono();
  app.get('*', async (c, next) => {
    const page = pages.get(c.req.path);
    if (page === undefined) return next();
    for (const [name, value] of Object.entries(pageHeaders)) c.header(name, value);
    c.header('content-type', page.type);
    // The build puts a hash into the names of what it makes; only the page itself keeps its name.
    c.header(
      'cache-control',
      c.req.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    return c.body(page.bytes);
  });
  return app;
}
