// Records from JSON lines: each line is checked by itself, and no problem repeats what the line says.

import { SkeinError } from '../../core/errors.js';
import type { LabelledText } from '../../federation/learning/index.js';

export const maxFileBytes = 256 * 1024 * 1024;
const maxLineBytes = 1024 * 1024;
const maxTextLength = 65_536;
const maxLabelLength = 1_024;

export interface LineProblem {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

export interface ParsedRecords {
  readonly records: readonly LabelledText[];
  readonly problems: readonly LineProblem[];
}

/** Each line is `{"text": …, "label": …}`; further members are ignored, empty lines skipped. */
export function parseRecords(bytes: Uint8Array): ParsedRecords {
  const records: LabelledText[] = [];
  const problems: LineProblem[] = [];
  for (let at = 0, line = 1; at < bytes.length; line++) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const result = parseLine(bytes.subarray(at, end));
    if (typeof result === 'string') problems.push({ line, reason: result });
    else if (result !== undefined) records.push(result);
    at = end + 1;
  }
  return { records, problems };
}

/** The record, undefined for an empty line, or what is wrong. */
function parseLine(bytes: Uint8Array): LabelledText | string | undefined {
  if (bytes.length > maxLineBytes) return `longer than ${maxLineBytes} bytes`;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return 'not UTF-8';
  }
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const record = value as Record<string, unknown>;
  const problem =
    fieldProblem('text', record.text, maxTextLength) ?? fieldProblem('label', record.label, maxLabelLength);
  return problem ?? { text: record.text as string, label: record.label as string };
}

function fieldProblem(name: string, value: unknown, maxLength: number): string | undefined {
  if (value === undefined) return `"${name}" is missing`;
  if (typeof value !== 'string') return `"${name}" is not a string`;
  if (value.trim() === '') return `"${name}" is empty`;
  if (value.length > maxLength) return `"${name}" is longer than ${maxLength} characters`;
  return /\p{Surrogate}/u.test(value) ? `"${name}" has half a surrogate pair` : undefined;
}

/** All problems in one error: the first twenty lines by number. */
export function refuseProblems(file: string, problems: readonly LineProblem[]): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, 20).map(({ line, reason }) => `line ${line}: ${reason}`);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  const list = [...shown, ...more];
  throw new SkeinError(
    'record/invalid',
    `${file}: nothing was imported.\n${list.map(text => `  ${text}`).join('\n')}`,
    {
      data: { path: file, lines: problems.slice(0, 1000).map(({ line }) => line), problems: list },
    },
  );
}
