// How answers are made and counted.

import { describe, expect, it } from 'vitest';
import { answerAll, compare, evaluate } from '../../../federation/learning/evaluation.js';
import { fakeModel } from '../../helpers/fakeModel.js';

const free = { template: '{text}', labels: [], maxTokens: 100 };

describe('compare', () => {
  it('counts fields of free text and whole lines, white space aside', () => {
    const result = compare(
      ['IT; lamp ;  room  3', 'Ward; bed', 'IT;lamp;4;no'],
      ['IT;lamp;room 3', 'Ward; cot; 3', 'IT;lamp;4'],
    );
    expect(result.accuracy).toBeCloseTo((1 + 1 / 3 + 1) / 3, 12);
    expect(result.exact).toBeCloseTo(1 / 3, 12);
  });

  it('counts a label of a closed set as one, and nothing as 0', () => {
    expect(compare(['a; b'], ['a; c'], true).accuracy).toBe(0);
    expect(compare([], []).accuracy).toBe(0);
  });
});

describe('evaluate', () => {
  it('generates free text and takes the adapter where one is loaded', async () => {
    const model = fakeModel();
    const records = Array.from({ length: 37 }, (_, i) => ({ text: `abc ${i}`, label: 'cba' }));
    const done: number[] = [];
    const base = await evaluate(model, free, records, { onProgress: count => void done.push(count) });
    expect([base.count, base.accuracy, base.exact]).toEqual([37, 1, 1]);
    expect(done).toEqual([16, 32, 37]);
    const adapter = model.loadAdapter({
      shape: { mode: 'ffa', rank: 1, alpha: 1, targets: ['q'] },
      tensors: [],
    });
    expect((await evaluate(model, free, records, { adapter })).predictions[0]).toBe('CBA');
  });

  it('takes the best label of a closed set, and generates past fifty', async () => {
    const labels = Array.from({ length: 50 }, (_, i) => `label ${i}`);
    const [chosen] = await answerAll(fakeModel(), { ...free, labels }, ['abc'], { maxNewTokens: 9 });
    expect(labels).toContain(chosen?.text);
    const [written] = await answerAll(fakeModel(), { ...free, labels: [...labels, 'more'] }, ['abc'], {
      maxNewTokens: 9,
    });
    expect(written?.text).toBe('cba');
  });
});
