// The operator's API, route by route, as proto/api.ts lists it.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { SkeinError } from '../../core/errors.js';
import { namePattern } from '../../proto/topics.js';
import { parseSubmission } from '../tasks/submission.js';
import { eventStream } from './eventStream.js';
import type { Operator } from './operator.js';

/** A task with a root set is the largest thing that an operator sends. */
const maxTaskBytes = 8 * 1024 * 1024;
const maxBodyBytes = 64 * 1024;

const oversized = (): never => {
  throw new SkeinError('api/oversized', 'The request is larger than the server takes.');
};
const limit = (maxSize: number) => bodyLimit({ maxSize, onError: oversized });

const deviceSchema = z.strictObject({
  id: z.string().regex(namePattern, { error: 'expected lower-case letters, digits and hyphens' }),
});
const trySchema = z.strictObject({
  text: z.string().min(1).max(20_000),
  task: z.string().regex(namePattern).optional(),
});

export function apiRoutes(operator: Operator): Hono {
  const api = new Hono();
  api.get('/status', async c => c.json(await operator.status()));

  api.get('/devices', async c => c.json({ devices: await operator.devices() }));
  api.post('/devices', limit(maxBodyBytes), async c => {
    const { id } = parse(deviceSchema, await json(c.req.raw));
    return c.json(await operator.addDevice(id));
  });
  api.post('/devices/:id/revoke', async c => c.json(await operator.revokeDevice(c.req.param('id'))));

  api.get('/tasks', async c => c.json({ tasks: await operator.tasks() }));
  api.post('/tasks', limit(maxTaskBytes), async c =>
    c.json(await operator.submitTask(parseSubmission(await json(c.req.raw)))),
  );
  api.post('/tasks/:id/cancel', async c => c.json(await operator.cancelTask(c.req.param('id'))));

  api.get('/rounds', async c => c.json({ rounds: await operator.rounds(c.req.query('task')) }));

  api.get('/releases', async c => c.json({ releases: await operator.releases() }));
  api.get('/releases/:hash/files/:name', async c => {
    const { hash, name } = c.req.param();
    const bytes = await operator.releaseFile(hash, name);
    c.header('content-type', name.endsWith('.json') ? 'application/json' : 'application/octet-stream');
    return c.body(Uint8Array.from(bytes));
  });
  api.post('/releases/:hash/rollback', async c => c.json(await operator.rollback(c.req.param('hash'))));

  api.post('/try', limit(maxBodyBytes), async c => {
    const { text, task } = parse(trySchema, await json(c.req.raw));
    return c.json(await operator.try({ text, ...(task !== undefined && { task }) }, c.req.raw.signal));
  });

  api.get('/events', c => eventStream(c, operator));
  return api;
}

async function json(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    if (cause instanceof SkeinError) throw cause;
    throw new SkeinError('api/malformed', 'The body is not JSON.', { cause });
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'body'}: ${message}`,
  );
  throw new SkeinError('api/malformed', `The request has errors: ${problems.join('; ')}.`, {
    data: { problems },
  });
}
