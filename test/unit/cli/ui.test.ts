// Tables, live lines and colours: what a person sees on a terminal, and what a log gets without one.

import { describe, expect, it } from 'vitest';
import { ago, percent } from '../../../cli/ui/format.js';
import { bar, Live, tenths } from '../../../cli/ui/live.js';
import { table } from '../../../cli/ui/table.js';
import { type Channel, wantsColour } from '../../../cli/ui/terminal.js';

function recorder(isTTY: boolean): Channel & { text: string } {
  return {
    isTTY,
    columns: 30,
    text: '',
    write(text) {
      this.text += text;
    },
    line(text = '') {
      this.text += `${text}\n`;
    },
    style: (_, text) => text,
  };
}

describe('colour', () => {
  it('only on terminals, and as the environment says', () => {
    expect(wantsColour(true, {})).toBe(true);
    expect(wantsColour(false, {})).toBe(false);
    expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(true, { NO_COLOR: '' })).toBe(true);
    expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour(false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
    expect(wantsColour(true, { FORCE_COLOR: '0' })).toBe(false);
  });
});

describe('a table', () => {
  it('aligns its columns and has no trailing space', () => {
    const text = table(
      recorder(false),
      [{ head: 'name' }, { head: 'n', align: 'right' }],
      [
        ['a', '1'],
        ['longer', '100'],
      ],
    );
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^name +n$/);
    expect(lines.at(-2)).toMatch(/^a +1$/);
    expect(lines.at(-1)).toMatch(/^longer +100$/);
    expect(lines.every(line => line === line.trimEnd())).toBe(true);
    expect(lines.at(-2)).toHaveLength(lines.at(-1)?.length ?? 0);
  });

  it('says so where it is empty', () => {
    expect(table(recorder(false), [{ head: 'name' }], [], 'No rows.')).toBe('No rows.');
  });
});

describe('live lines', () => {
  it('are redrawn on a terminal, cut to its width', () => {
    const out = recorder(true);
    const live = new Live(out);
    live.update(['x'.repeat(80), 'two'], { a: 'never' });
    live.update(['one'], {});
    live.end();
    expect(out.text).not.toContain('never');
    expect(out.text).not.toContain('x'.repeat(30));
    expect(out.text).toContain('\u001b[2A\r\u001b[Jone\n');
    expect(out.text.endsWith('\u001b[?25h')).toBe(true);
  });

  it('are plain lines elsewhere, each once until it changes', () => {
    const out = recorder(false);
    const live = new Live(out);
    live.update(['ignored'], { a: 'a 10 %', b: 'b' });
    live.update(['ignored'], { a: 'a 10 %', b: 'b' });
    live.update(['ignored'], { a: 'a 20 %', b: 'b' });
    live.end();
    expect(out.text).toBe('a 10 %\nb\na 20 %\n');
  });
});

describe('values', () => {
  it('read well', () => {
    expect([percent(0.5), percent(null)]).toEqual(['50.0 %', '–']);
    expect([ago(null, 0), ago(0, 5_000), ago(0, 125_000), ago(0, 7_200_000), ago(0, 2e8)]).toEqual([
      'never',
      '5 s ago',
      '2 min ago',
      '2 h ago',
      '2 d ago',
    ]);
    expect([tenths(0.19), tenths(1.5), tenths(-1)]).toEqual(['10 %', '100 %', '0 %']);
    expect([bar(0, 4), bar(0.5, 4), bar(9, 4)]).toEqual(['░░░░', '██░░', '████']);
  });
});
