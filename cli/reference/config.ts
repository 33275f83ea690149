// docs/reference/config.md, from the zod schemas of every file that people write.

import { z } from 'zod';
import { code, heading, markdownTable, page } from './markdown.js';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ConfigFile {
  readonly title: string;
  readonly about: string;
  readonly schema: z.ZodType;
}

export const configPage = (files: readonly ConfigFile[]): string =>
  page(
    'Configuration',
    'All files are YAML. They are checked at once when a program starts; every problem is listed with its path. Durations are written `30s`, `10m`, `2h`, sizes `64KiB`, `10MB`.',
    ...files.flatMap(({ title, about, schema }) => [
      heading(2, title),
      about,
      markdownTable(
        ['setting', 'value', 'default', 'meaning'],
        rows(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, ''),
      ),
    ]),
  );

function rows(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (field.properties !== undefined) return rows(field, path);
    const optional = !(schema.required ?? []).includes(name);
    const fallback =
      field.default === undefined ? (optional ? '–' : 'required') : code(JSON.stringify(field.default));
    return [[code(path), valueText(field), fallback, field.description ?? '']];
  });
}

function valueText(field: JsonSchema): string {
  if (field.const !== undefined) return code(JSON.stringify(field.const));
  if (field.enum !== undefined) return field.enum.map(value => code(String(value))).join(', ');
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(valueText))].join(' or ');
  if (field.items !== undefined) return `list of ${valueText(field.items)}`;
  const type = typeof field.type === 'string' ? field.type : 'any';
  const bounded =
    field.minimum !== undefined && field.maximum !== undefined && field.maximum < Number.MAX_SAFE_INTEGER;
  return bounded ? `${type}, ${field.minimum} to ${field.maximum}` : type;
}
