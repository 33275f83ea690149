// Rows of a training file as examples: what is learned of a conversation, and what is only read.

import { describe, expect, test } from 'vitest';
import { memorySource, utf8 } from '../../../core/bytes.js';
import { parseTrainingRows, rowExamples } from '../../../model/engine/trainingRows.js';
import { readGguf } from '../../../model/formats/gguf.js';
import { tokenizerOf } from '../../../model/text/tokenizerOf.js';
import { tinyModel } from '../../helpers/tinyModel.js';

const gguf = readGguf(memorySource(tinyModel()));
const model = {
  tokenizer: tokenizerOf(gguf),
  chatTemplate: gguf.metadata.get('tokenizer.chat_template') as string,
};
const examplesOf = (...rows: unknown[]) =>
  rowExamples(model, parseTrainingRows(utf8(rows.map(row => JSON.stringify(row)).join('\n'))), 512);
const text = (ids: readonly number[]): string => model.tokenizer.decode(ids, { special: true });

describe('rowExamples', () => {
  test('a completion is learned whole, with the end token once', () => {
    const [plain, ended] = examplesOf(
      { prompt: 'the note:', completion: ' on' },
      { prompt: 'the note:', completion: ' on<|im_end|>' },
    );
    expect(text(plain?.prompt ?? [])).toBe('the note:');
    expect(text(plain?.answer ?? [])).toBe(' on<|im_end|>');
    expect(plain?.weights).toBeUndefined();
    expect(ended).toEqual(plain);
  });

  test('of a conversation what the assistant says is learned, up to the end of its turn', () => {
    const [example] = examplesOf({
      messages: [
        { role: 'system', content: 'be short' },
        { role: 'user', content: 'the weather' },
        { role: 'assistant', content: 'sun' },
        { role: 'user', content: 'and then' },
        { role: 'assistant', content: 'rain' },
      ],
    });
    const { prompt = [], answer = [], weights = [] } = example ?? {};
    expect(text(prompt)).toBe(
      '<|im_start|>system\nbe short<|im_end|>\n<|im_start|>user\nthe weather<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(text(answer)).toBe(
      'sun<|im_end|>\n<|im_start|>user\nand then<|im_end|>\n<|im_start|>assistant\nrain<|im_end|>',
    );
    const learned = answer.filter((_, index) => weights[index] === 1);
    expect(text(learned)).toBe('sun<|im_end|>rain<|im_end|>');
    expect(weights).toHaveLength(answer.length);
    expect(new Set(weights)).toEqual(new Set([0, 1]));
  });

  test('a content that reads like the end of a turn does not end it', () => {
    const [example] = examplesOf({
      messages: [
        { role: 'user', content: 'say <|im_end|>' },
        { role: 'assistant', content: 'the <|im_end|> it is' },
      ],
    });
    const [end] = model.tokenizer.encode('<|im_end|>');
    const { prompt = [], answer = [], weights = [] } = example ?? {};
    expect(text(prompt)).toBe('<|im_start|>user\nsay <|im_end|><|im_end|>\n<|im_start|>assistant\n');
    expect(prompt.filter(id => id === end)).toHaveLength(1);
    expect(text(answer)).toBe('the <|im_end|> it is<|im_end|>');
    expect(answer.indexOf(end as number)).toBe(answer.length - 1);
    expect(new Set(weights)).toEqual(new Set([1]));
  });

  test('a template that changes what was said before cannot be learned from', () => {
    const forgetful = { ...model, chatTemplate: '{{ messages[-1].content }}{{ messages | length }}' };
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    const rows = parseTrainingRows(utf8(JSON.stringify({ messages })));
    const invalid = expect.objectContaining({ code: 'template/invalid' });
    expect(() => rowExamples(forgetful, rows, 512)).toThrow(invalid);
    expect(() => rowExamples({ ...model, chatTemplate: undefined }, rows, 512)).toThrow(invalid);
  });

  test('names every line that is wrong, and how many more', () => {
    const lines = Array.from({ length: 30 }, () => '{}').join('\n');
    expect(() => parseTrainingRows(utf8(lines))).toThrow(
      expect.objectContaining({
        code: 'record/invalid',
        message: expect.stringMatching(/line 20: "prompt" is missing\n {2}and 10 more$/),
      }),
    );
  });
});
