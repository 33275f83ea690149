// A conversation as tokens, in the model's own chat template.

import { SkeinError } from '../../core/errors.js';
import { type ChatMessage, type ChatOptions, renderChat } from '../text/chatTemplate.js';
import { chatText } from './chatText.js';
import type { Model } from './types.js';

/**
 * The conversation up to where the model's answer begins; no content can end its own turn. Throws `template/invalid` where the model
 * has no template for it.
 */
export function chatIds(
  { chatTemplate, tokenizer }: Pick<Model, 'chatTemplate' | 'tokenizer'>,
  messages: readonly ChatMessage[],
  options: Pick<ChatOptions, 'now' | 'tools' | 'variables'> = {},
): number[] {
  if (chatTemplate === undefined) {
    const message = 'The model has no chat template: it goes on with texts, and does not converse.';
    throw new SkeinError('template/invalid', message);
  }
  const special = (id: number | undefined): string =>
    id === undefined ? '' : tokenizer.decode([id], { special: true });
  const conversation = chatText(tokenizer, messages);
  const text = renderChat(chatTemplate, conversation.messages, {
    ...options,
    bos: special(tokenizer.bos),
    eos: special(tokenizer.eos),
  });
  const ids = conversation.encode(text);
  // A template that writes the first token itself leaves the tokenizer none to add.
  return ids[0] === tokenizer.bos && ids[1] === tokenizer.bos ? ids.slice(1) : ids;
}
