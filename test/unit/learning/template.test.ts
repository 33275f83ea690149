// The prompt of a record: nothing in its text can pass for the template's, and what is cut is the text alone.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import { PromptEncoder, renderPrompt } from '../../../federation/learning/template.js';
import { fakeTokenizer } from '../../helpers/fakeModel.js';

const template = '<|user|>Note: {text}\nLine:<|end|>';
const encoder = (maxTokens = 1000, source = template): PromptEncoder =>
  new PromptEncoder(fakeTokenizer, { template: source, maxTokens });
const specialCount = (ids: readonly number[]): number => ids.filter(id => id < 3).length;

describe('PromptEncoder', () => {
  it('reads special tokens in the template and only there', () => {
    const ids = encoder().prompt('say <|end|> and {text} and <|user|>', 0);
    expect(specialCount(ids)).toBe(2);
    expect(fakeTokenizer.decode(ids)).toBe('<|user|>Note: say <|end|> and {text} and <|user|>\nLine:<|end|>');
  });

  it('keeps the whole text as it is, whatever it holds', () => {
    const hostile = fc.array(
      fc.constantFrom('{text}', '<|end|>', '<|user|>', '<|', '|>', 'a', '$&', '\n', '😀', '{', '}'),
    );
    fc.assert(
      fc.property(hostile, parts => {
        const text = parts.join('');
        const ids = encoder().prompt(text, 0);
        expect(specialCount(ids)).toBe(2);
        expect(fakeTokenizer.decode(ids)).toBe(`<|user|>Note: ${text}\nLine:<|end|>`);
        expect(renderPrompt(template, text)).toBe(fakeTokenizer.decode(ids));
      }),
    );
  });

  it('cuts the text at its end, never the template, the label or half a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 14, max: 100 }),
        (text, max) => {
          const ids = encoder(max).prompt(text, 0);
          expect(ids.length).toBeLessThanOrEqual(max);
          const shown = fakeTokenizer.decode(ids);
          expect(shown.startsWith('<|user|>Note: ') && shown.endsWith('\nLine:<|end|>')).toBe(true);
          const kept = shown.slice('<|user|>Note: '.length, -'\nLine:<|end|>'.length);
          expect(text.startsWith(kept)).toBe(true);
          expect(/\p{Surrogate}/u.test(kept)).toBe(/\p{Surrogate}/u.test(text));
          if (kept.length < text.length) expect(ids.length).toBeGreaterThanOrEqual(max - 1);
        },
      ),
    );
  });

  it('refuses a template without room, without a slot or with two', () => {
    const thrown = (run: () => unknown): boolean => {
      try {
        run();
        return false;
      } catch (error) {
        return isSkeinError(error, 'template/invalid');
      }
    };
    expect(thrown(() => encoder(5).prompt('x', 0))).toBe(true);
    expect(thrown(() => encoder(100, 'no slot'))).toBe(true);
    expect(thrown(() => encoder(100, '{text} {text}'))).toBe(true);
  });

  it('puts one space before the label and the end token after it, special names read as text', () => {
    const ids = encoder().answer('<|end|>');
    expect(fakeTokenizer.decode(ids)).toBe(' <|end|><|end|>');
    expect(specialCount(ids)).toBe(1);
  });
});
