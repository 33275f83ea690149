// Generation of one request, token by token.

import type { Inference } from './inference.js';
import { Sequence } from './sequence.js';
import type { Completion, Generated, GenerateRequest, Tokenizer } from './types.js';

export async function* stream(
  inference: Inference,
  tokenizer: Tokenizer,
  request: GenerateRequest,
): AsyncGenerator<Generated> {
  const { ids, signal } = request;
  const sequence = new Sequence(request, tokenizer);
  if (sequence.end !== undefined) return;
  const run = inference.begin(ids, sequence.positions, request);
  try {
    let logits = await run.prefill(ids, signal);
    for (;;) {
      yield sequence.take(logits);
      if (sequence.end !== undefined) return;
      logits = await run.next(sequence.last, signal);
    }
  } finally {
    run.close();
  }
}

export async function* generate(
  inference: Inference,
  tokenizer: Tokenizer,
  request: GenerateRequest,
): AsyncGenerator<number> {
  for await (const { id } of stream(inference, tokenizer, request)) yield id;
}

export async function complete(
  inference: Inference,
  tokenizer: Tokenizer,
  request: GenerateRequest,
): Promise<Completion> {
  const ids: number[] = [];
  let text = '';
  let end: Completion['end'] = 'length';
  for await (const made of stream(inference, tokenizer, request)) {
    ids.push(made.id);
    text += made.text;
    end = made.end ?? end;
  }
  return { ids, text, end };
}
