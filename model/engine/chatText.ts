// Keeps what people write in a conversation apart from what its template writes: only the template's special tokens are parsed.

import { SkeinError } from '../../core/errors.js';
import type { ChatMessage } from '../text/chatTemplate.js';
import type { Tokenizer } from './types.js';

/** A conversation to be rendered, and how what was rendered becomes tokens. */
export interface ChatText {
  readonly messages: readonly ChatMessage[];
  /** `bos`: as in `Tokenizer.encode`. */
  encode(text: string, bos?: boolean): number[];
}

/**
 * Where a content has the text of a special token (`<|im_end|>` would end its turn, and begin another's), all contents are
 * put between two marks that are taken out again after rendering; what stood between them is encoded as plain text. Other
 * conversations are encoded in one piece, as their makers do. `encode` throws `template/invalid` where the template took a
 * marked content apart.
 */
export function chatText(tokenizer: Tokenizer, messages: readonly ChatMessage[]): ChatText {
  const whole = (text: string, bos = true): number[] => tokenizer.encode(text, { bos });
  if (!messages.some(({ content }) => hasSpecial(tokenizer, content))) return { messages, encode: whole };
  const [open, close] = unusedMarks(messages);
  const marked = messages.map(message => ({ ...message, content: mark(message.content, open, close) }));
  const encode = (text: string, bos = true): number[] => {
    const [first = '', ...parts] = text.split(open);
    if (first.includes(close)) throw takenApart();
    const ids = whole(first, bos);
    for (const part of parts) {
      const [content = '', after, ...more] = part.split(close);
      if (after === undefined || more.length > 0) throw takenApart();
      ids.push(...tokenizer.encode(content, { special: false, bos: false }), ...whole(after, false));
    }
    return ids;
  };
  return { messages: marked, encode };
}

const takenApart = (): SkeinError =>
  new SkeinError(
    'template/invalid',
    'A message has the text of a special token, and the chat template prints a part of it: what is whose cannot be told.',
  );

function hasSpecial(tokenizer: Tokenizer, text: string): boolean {
  const plain = tokenizer.encode(text, { special: false, bos: false });
  const parsed = tokenizer.encode(text, { bos: false });
  return plain.length !== parsed.length || plain.some((id, at) => id !== parsed[at]);
}

/** Inside of the white space around it, which templates take away. */
function mark(content: string, open: string, close: string): string {
  const core = content.trim();
  const start = content.indexOf(core);
  return core === ''
    ? content
    : content.slice(0, start) + open + core + close + content.slice(start + core.length);
}

/** Two of the characters that Unicode sets aside for uses like this one: U+FDD0 to U+FDEF. */
function unusedMarks(messages: readonly ChatMessage[]): [open: string, close: string] {
  const all = Array.from({ length: 32 }, (_, index) => String.fromCharCode(0xfdd0 + index));
  const [open, close] = all.filter(one => !messages.some(({ content }) => content.includes(one)));
  if (open !== undefined && close !== undefined) return [open, close];
  throw new SkeinError('template/invalid', 'The messages use all characters that are set aside for marks.');
}
