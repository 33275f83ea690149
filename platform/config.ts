// Configuration from YAML, checked once by a zod schema: all problems at once, each with its path.

import { parseDocument } from 'yaml';
import { z } from 'zod';
import { SkeinError } from '../core/errors.js';
import { parseBytes, parseDuration } from '../core/units.js';
import { readBounded } from './files.js';

const maxConfigBytes = 1024 * 1024;

export interface ConfigSources {
  /** YAML; an empty file is an empty configuration. */
  readonly file?: string;
  /** Wins over the file, leaf by leaf: what the command line said. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** Throws `config/unreadable` (no file, no YAML) or `config/invalid` with `data.problems`, one text for each. */
export async function loadConfig<T>(
  schema: z.ZodType<T>,
  { file, overrides = {} }: ConfigSources,
): Promise<T> {
  const read = file === undefined ? {} : await readYaml(file);
  const result = schema.safeParse(isPlain(read) ? merge(read, overrides) : read);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(issue => describe(issue, []));
  const message = `${file ?? 'The configuration'} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map(p => `  ${p}`).join('\n')}`;
  throw new SkeinError('config/invalid', message, {
    data: { ...(file !== undefined && { path: file }), problems },
  });
}

async function readYaml(file: string): Promise<unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readBounded(file, maxConfigBytes));
  } catch (cause) {
    const why = cause instanceof SkeinError ? cause.message : `${file} is not UTF-8 text.`;
    throw new SkeinError('config/unreadable', why, { data: { path: file }, cause });
  }
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => error.message.split('\n')[0]?.replace(/:$/, '') ?? '');
    throw new SkeinError('config/unreadable', `${file} is not YAML: ${problems.join('; ')}`, {
      data: { path: file, problems },
    });
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (cause) {
    throw new SkeinError('config/unreadable', `${file} cannot be expanded.`, { data: { path: file }, cause });
  }
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(
  under: Record<string, unknown>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const out = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = out[key];
    out[key] = isPlain(below) && isPlain(value) ? merge(below, value) : value;
  }
  return out;
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, before: readonly PropertyKey[]): string[] {
  const at = [...before, ...issue.path];
  const name = at.length === 0 ? '(top)' : at.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => `${[...at, key].map(String).join('.')}: unknown setting`);
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that came furthest is the one that was meant.
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    if (depth(best) > 0) return best.flatMap(inner => describe(inner, at));
  }
  return [`${name}: ${issue.message.replace(/^Invalid input: /, '')}`];
}

const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map(issue => issue.path.length));

const unit = (parse: (text: string) => number | undefined, expected: string) =>
  z.string({ error: `expected ${expected}` }).transform((text, context): number => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });

export const dayMs = 86_400_000;

/** `10s`, `5m` -> milliseconds. A default is given in milliseconds. */
export const duration = () => unit(parseDuration, 'a duration such as 30s, 10m or 2h');

/** `64KiB`, `10MB` -> bytes. A default is given in bytes. */
export const bytes = () => unit(parseBytes, 'a size such as 64KiB or 10MB');
