// The tokenizer and chat template of the real file against the reference's token ids.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readGguf } from '../../model/formats/gguf.js';
import { metadataOf } from '../../model/formats/ggufMetadata.js';
import { type ChatMessage, renderChat } from '../../model/text/chatTemplate.js';
import { tokenizerFromGguf } from '../../model/text/ggufTokenizer.js';
import { openSource } from '../../platform/files.js';
import { modelFile } from '../helpers/model.js';

interface TextCase {
  readonly text: string;
  readonly ids: number[];
}
interface ChatCase {
  readonly messages: ChatMessage[];
  readonly rendered: string;
  readonly ids: number[];
}
interface Fixture {
  readonly cases: ((({ readonly kind: 'text' } & TextCase) | ({ readonly kind: 'chat' } & ChatCase)) & {
    readonly greedy_ids: number[];
    readonly greedy_text: string;
  })[];
  readonly tokenize: TextCase[];
}
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/parity.json', import.meta.url), 'utf8'),
) as Fixture;
const file = await modelFile();

describe.skipIf(file === undefined)('the tokenizer of SmolLM2', () => {
  let gguf: ReturnType<typeof readGguf>;
  let tokenizer: ReturnType<typeof tokenizerFromGguf>;
  beforeAll(() => {
    const source = openSource(file as string);
    gguf = readGguf(source);
    source.close();
    tokenizer = tokenizerFromGguf(gguf);
  });

  const texts: TextCase[] = [...fixture.cases.filter(found => found.kind === 'text'), ...fixture.tokenize];
  it.each(texts)('gives the ids of $text', ({ text, ids }) => expect(tokenizer.encode(text)).toEqual(ids));

  const chats: ChatCase[] = fixture.cases.filter(found => found.kind === 'chat');
  it.each(chats)('renders the chat $messages, and gives its ids', ({ messages, rendered, ids }) => {
    const template = metadataOf(gguf, 'tokenizer.chat_template', 'string') as string;
    expect(renderChat(template, messages)).toBe(rendered);
    expect(tokenizer.encode(rendered)).toEqual(ids);
  });

  it.each(fixture.cases)('gives back $greedy_text', ({ greedy_ids, greedy_text }) => {
    expect(tokenizer.decode(greedy_ids, { special: true })).toBe(greedy_text);
    const stream = tokenizer.stream();
    expect(greedy_ids.map(id => stream.push(id)).join('') + stream.end()).toBe(
      greedy_text.replace('<|im_end|>', ''),
    );
  });

  it('splits numerals of every script, as llama.cpp does', () => {
    expect(tokenizer.encode(' ½')).toEqual([...tokenizer.encode(' '), ...tokenizer.encode('½')]);
    expect(tokenizer.decode(tokenizer.encode('½ 12³'))).toBe('½ 12³');
    expect(tokenizer.encode('1½')).toEqual([...tokenizer.encode('1'), ...tokenizer.encode('½')]);
  });

  it('knows the file', () => {
    expect([tokenizer.bos, tokenizer.eos]).toEqual([1, 2]);
    expect(gguf.tensors.size).toBe(272);
    expect(gguf.tensors.get('token_embd.weight')).toMatchObject({ type: 'Q8_0', shape: [576, 49_152] });
  });
});
