// The small parts of the demo: jobs a few at a time, what children say, the tap, the result and its table.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deathOf, readDocument } from '../../../cli/demo/children.js';
import { pool } from '../../../cli/demo/pool.js';
import { honestLine, resultText } from '../../../cli/demo/report.js';
import { type Findings, makeResult } from '../../../cli/demo/result.js';
import { readTap } from '../../../cli/demo/tap.js';
import type { Channel } from '../../../cli/ui/terminal.js';
import { isSkeinError, SkeinError } from '../../../core/index.js';
import type { DeviceView, RoundView } from '../../../proto/api.js';

const plain: Channel = { isTTY: false, columns: 100, write() {}, line() {}, style: (_, text) => text };

describe('pool', () => {
  it('keeps order, and never runs more than it may', async () => {
    let running = 0;
    let most = 0;
    const results = await pool(2, [5, 1, 3, 2], async n => {
      most = Math.max(most, ++running);
      await new Promise(resolve => setTimeout(resolve, n));
      running--;
      return n * 10;
    });
    expect(results).toEqual([50, 10, 30, 20]);
    expect(most).toBe(2);
  });

  it('waits for what runs, begins nothing more, and throws the first failure', async () => {
    const begun: number[] = [];
    let ended = false;
    const work = pool(2, [0, 1, 2, 3], async n => {
      begun.push(n);
      if (n === 0) throw new Error('no');
      await new Promise(resolve => setTimeout(resolve, 5));
      ended = true;
    });
    await expect(work).rejects.toThrow('no');
    expect(ended).toBe(true);
    expect(begun).toEqual([0, 1]);
  });
});

describe('what a command says', () => {
  it('is its last line', () => {
    expect(readDocument('x', 'noise\n{"a":1}\n', '', 0)).toEqual({ a: 1 });
  });

  it('keeps the code of its error', () => {
    const out = '{"error":{"code":"record/none","message":"None.","data":{}}}';
    expect(() => readDocument('x', out, '', 13)).toThrowError(
      expect.objectContaining({ code: 'record/none' }),
    );
  });

  it('arbitrary output gives a document or a typed error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.integer({ min: 0, max: 255 }), (out, code) => {
        try {
          readDocument('x', out, '', code);
        } catch (error) {
          expect(isSkeinError(error)).toBe(true);
        }
      }),
    );
  });
});

describe('the death of a daemon', () => {
  it('is told with the error that it reported last', () => {
    const log =
      '{"level":30}\nerror: Old. (usage)\n  See --help.\nerror: a.yaml has 2 problems:\n  x: bad\n  y: bad (config/invalid)\n  Correct them.\n';
    expect(deathOf('ward-1', 3, log)).toMatchObject({
      code: 'config/invalid',
      message: 'ward-1: a.yaml has 2 problems:\n  x: bad\n  y: bad',
    });
  });

  it('or with its last words, where it could report none', () => {
    expect(deathOf('ward-1', 137, '1\n2\n3\nerror: half a li')).toMatchObject({
      code: 'demo/failed',
      message: 'ward-1 ended with code 137:\n2\n3\nerror: half a li',
    });
  });
});

describe('the tap', () => {
  const frame = (header: object, bytes: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, bytes: bytes.length })}\n`), bytes]);

  it('gives each connection its own stream of what was sent up', () => {
    const content = Buffer.concat([
      frame({ listener: 'mqtt', connection: 1, direction: 'up' }, Buffer.from('ab\n')),
      frame({ listener: 'https', connection: 2, direction: 'up' }, Buffer.from('GET')),
      frame({ listener: 'mqtt', connection: 1, direction: 'down' }, Buffer.from('not this')),
      frame({ listener: 'mqtt', connection: 1, direction: 'up' }, Buffer.from('cd')),
    ]);
    const read = readTap(content).map(({ protocol, bytes }) => [protocol, Buffer.from(bytes).toString()]);
    expect(read).toEqual([
      ['mqtt', 'ab\ncd'],
      ['https', 'GET'],
    ]);
  });

  it('arbitrary bytes give recordings or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        try {
          readTap(bytes);
        } catch (error) {
          expect(isSkeinError(error, 'io/invalid')).toBe(true);
        }
      }),
    );
  });

  it('a cut one is damaged', () => {
    const whole = frame({ listener: 'mqtt', connection: 1, direction: 'up' }, Buffer.from('abc'));
    expect(() => readTap(whole.subarray(0, -1))).toThrowError(SkeinError);
  });
});

describe('the result', () => {
  const measured = (shared: number, own: number) => ({
    shared: { count: 3, accuracy: shared, exact: shared / 2, release: '' },
    own: { count: 3, accuracy: own, exact: own / 2, release: '' },
  });
  const round: RoundView = {
    task: 'demo',
    round: 1,
    state: 'released',
    openedMs: 1000,
    closedMs: 3500,
    deadlineMs: 9000,
    devices: [
      { device: 'a', phase: 'counted', step: 1, steps: 1, bytesUp: 10, bytesDown: 20, reason: '' },
      { device: 'b', phase: 'counted', step: 1, steps: 1, bytesUp: 30, bytesDown: 40, reason: '' },
    ],
    bytesUp: 40,
    bytesDown: 60,
    aggregate: 'ab'.repeat(32),
    release: 'cd'.repeat(32),
    accuracy: 0.5,
    reason: '',
  };
  const findings: Findings = {
    devices: [
      { id: 'a', records: 60 },
      { id: 'b', records: 50 },
    ],
    base: [measured(0, 0), measured(0, 0.1)],
    alone: [measured(0.4, 0.8), measured(0.2, 0.6)],
    together: [measured(0.9, 0.9), measured(0.9, 0.7)],
    rounds: [round],
    views: [{ id: 'a', bytesUp: 100, bytesDown: 200 } as DeviceView],
    leaks: { leaks: [], control: [], needles: 7, tooShort: 0, bytesSearched: 12_345 },
    freeText: true,
    seconds: 12.3,
    model: 'm.gguf',
  };

  it('has the documented shape', () => {
    const result = makeResult(findings);
    expect(result.devices[0]).toEqual({
      id: 'a',
      records: 60,
      accuracy: { base: 0, alone: 0.4, together: 0.9 },
      own: { base: 0, alone: 0.8, together: 0.9 },
      exact: { base: 0, alone: 0.2, together: 0.45 },
      own_exact: { base: 0, alone: 0.4, together: 0.45 },
      bytes_up: 100,
      bytes_down: 200,
    });
    expect(result.mean).toEqual({ base: 0, alone: 0.3, together: 0.9 });
    expect(result.own).toEqual({ base: 0.05, alone: 0.7, together: 0.8 });
    expect(result.rounds[0]).toMatchObject({ round: 1, bytes_up: 40, bytes_down: 60, seconds: 2.5 });
    expect([result.aggregate, result.leaks, result.control_leaks]).toEqual([round.aggregate, 0, 0]);
    expect(result.seconds).toBe(12.3);
    expect(result.privacy).toBe(honestLine);
  });

  it('does not claim what the search refutes', () => {
    const leaked = { ...findings.leaks, leaks: [{ kind: 'canary' as const, text: 'x', where: 'mqtt' }] };
    const result = makeResult({ ...findings, leaks: leaked });
    expect(result.leaks).toBe(1);
    expect(result.privacy).not.toBe(honestLine);
  });

  it('counts whole lines only where answers are free text', () => {
    const result = makeResult({ ...findings, freeText: false });
    expect(result.exact).toBeUndefined();
    expect(result.devices[0]?.exact).toBeUndefined();
    expect(resultText(result, plain)).not.toContain('lines');
  });

  it('is drawn with every device, round and figure', () => {
    const text = resultText(makeResult(findings), plain);
    for (const shown of ['a ', 'b ', 'mean', '90.0 %', '2.5 s', 'abababababab', '10 B / 20 B', honestLine]) {
      expect(text).toContain(shown);
    }
  });
});
