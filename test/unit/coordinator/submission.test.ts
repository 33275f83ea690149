// What an operator submits: every problem at once, with its path, and never the submitted values themselves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSubmission } from '../../../coordinator/tasks/submission.js';
import { isSkeinError, type SkeinError } from '../../../core/errors.js';

const good = {
  id: 'ward-notes',
  template: 'Note: {text}\nTeam:',
  labels: ['cardiology', 'x-ray room 2'],
  adapter: { mode: 'ffa', rank: 8, alpha: 16, targets: ['q', 'v'] },
  plan: {
    localEpochs: 1,
    batchSize: 8,
    learningRate: 0.003,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 128,
    arithmetic: 'fast',
  },
  aggregation: 'weighted-mean',
  rounds: 5,
  goal: 4,
  roundTimeoutMs: 60_000,
  seed: 7,
  root: [{ text: 'the monitor of bed 3 is silent', label: 'cardiology' }],
};

function refusal(body: unknown): SkeinError {
  try {
    parseSubmission(body);
  } catch (error) {
    if (isSkeinError(error, 'task/invalid')) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('parseSubmission', () => {
  it('takes a task as it is, and fills what may be left out', () => {
    expect(parseSubmission(good)).toEqual(good);
    const { labels: _, ...free } = good;
    expect(parseSubmission(free)).toEqual({ ...free, labels: [] });
    expect(parseSubmission({ ...good, minimum: 2, baseModel: 'ab'.repeat(32) })).toMatchObject({
      minimum: 2,
    });
  });

  it('lists all problems with their paths', () => {
    const { data } = refusal({
      ...good,
      id: 'Ward Notes',
      adapter: { ...good.adapter, rank: 0, targets: ['q', 'q'] },
      rounds: 1.5,
      extra: true,
      root: [{ text: 'secret text of the root set', label: ' cardiology' }],
    });
    const paths = (data.problems as readonly string[]).map(problem => problem.split(':')[0]);
    expect(paths).toEqual(
      expect.arrayContaining(['id', 'adapter.rank', 'adapter.targets', 'rounds', 'root.0.label', 'task']),
    );
    expect(JSON.stringify(data)).not.toContain('secret text');
  });

  it.each<[string, object]>([
    ['a template without its slot', { template: 'Note:' }],
    ['a template with two slots', { template: '{text}{text}' }],
    ['a template that ends in a space', { template: '{text} ' }],
    ['a label twice', { labels: ['a', 'a'] }],
    ['a label of two lines', { labels: ['a\nb'] }],
    ['a label with space at its end', { labels: ['a '] }],
    ['an unknown rule', { aggregation: 'median' }],
    ['no goal', { goal: 0 }],
    ['a deadline of no length', { roundTimeoutMs: 0 }],
    ['a negative seed', { seed: -1 }],
    ['a hash that is none', { baseModel: 'xyz' }],
    [
      'labels that no manifest could carry',
      { labels: Array.from({ length: 600 }, (_, i) => `${i}-${'x'.repeat(200)}`) },
    ],
  ])('refuses %s', (_, change) => {
    expect(refusal({ ...good, ...change }).code).toBe('task/invalid');
  });

  it('answers anything with a task or a typed refusal', () => {
    fc.assert(
      fc.property(fc.anything(), body => {
        expect(refusal(body).data.problems).not.toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good)), fc.anything(), (key, value) => {
        try {
          parseSubmission({ ...good, [key]: value });
        } catch (error) {
          expect(isSkeinError(error, 'task/invalid')).toBe(true);
        }
      }),
    );
  });
});
