// Record files: every bad line is named by its number and by nothing of its content.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecords, refuseProblems } from '../../../agent/records/parse.js';
import { isSkeinError } from '../../../core/errors.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('parseRecords', () => {
  it('reads JSON lines, skips empty ones, and ignores further members', () => {
    const file = '{"text":"a","label":"b","id":7}\r\n\n  \n{"label":"d","text":"c\\n"}';
    expect(parseRecords(bytes(file))).toEqual({
      records: [
        { text: 'a', label: 'b' },
        { text: 'c\n', label: 'd' },
      ],
      problems: [],
    });
  });

  it('names every bad line', () => {
    const lines = [
      '{"text":"a"}',
      '[]',
      'no',
      '{"text":" ","label":"b"}',
      '{"text":"a","label":3}',
      '{"text":"\\ud800","label":"b"}',
    ];
    const { records, problems } = parseRecords(bytes(['{"text":"a","label":"b"}', ...lines].join('\n')));
    expect(records.length).toBe(1);
    expect(problems.map(problem => problem.line)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('gives back any records, wherever bad lines stand between them', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter(one => one.trim() !== '');
    const line = fc.oneof(
      fc.record({ text, label: text }).map(record => ({ json: JSON.stringify(record), record })),
      fc
        .constantFrom('{', 'null', '"x"', '{"text":1,"label":"x"}')
        .map(json => ({ json, record: undefined })),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), lines => {
        const { records, problems } = parseRecords(bytes(lines.map(one => one.json).join('\n')));
        expect(records).toEqual(lines.flatMap(one => one.record ?? []));
        expect(problems.map(problem => problem.line - 1)).toEqual(
          lines.flatMap((one, index) => (one.record === undefined ? [index] : [])),
        );
      }),
    );
  });

  it('survives any bytes, and its error tells nothing of them', () => {
    const secret = 'Xq7secretword';
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), noise => {
        const file = new Uint8Array([...noise, 10, ...bytes(`{"text": ${secret}`)]);
        const { problems } = parseRecords(file);
        expect(problems.length).toBeGreaterThan(0);
        try {
          refuseProblems('notes.jsonl', problems);
          expect.unreachable();
        } catch (error) {
          expect(isSkeinError(error, 'record/invalid')).toBe(true);
          expect(JSON.stringify(error) + String((error as Error).message)).not.toContain(secret);
        }
      }),
    );
  });
});
