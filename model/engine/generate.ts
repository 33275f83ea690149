// Generation of one request, token by token.

import type { Inference } from './inference.js';
import { Sequence, type TextSide } from './sequence.js';
import type { Completion, Generated, GenerateRequest } from './types.js';

export async function* stream(
  inference: Inference,
  side: TextSide,
  request: GenerateRequest,
): AsyncGenerator<Generated> {
  const { ids, signal } = request;
  const sequence = new Sequence(request, side);
  if (sequence.end !== undefined) return;
  const run = inference.begin(ids, sequence.positions, request);
  try {
    let logits = await meanwhile(run.prefill(ids, signal), sequence);
    for (;;) {
      yield sequence.take(logits);
      if (sequence.end !== undefined) return;
      logits = await meanwhile(run.next(sequence.last, signal), sequence);
    }
  } finally {
    run.close();
  }
}

/** Which tokens may come next is found out while the run goes on, on a thread of its own. */
async function meanwhile(run: Promise<Float32Array>, sequence: Sequence): Promise<Float32Array> {
  if (!sequence.constrained) return run;
  const prepared = new Promise<void>((resolve, reject) => {
    setImmediate(() => {
      try {
        sequence.prepare();
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
  const [logits] = await Promise.all([run, prepared]);
  return logits;
}

export async function* generate(
  inference: Inference,
  side: TextSide,
  request: GenerateRequest,
): AsyncGenerator<number> {
  for await (const { id } of stream(inference, side, request)) yield id;
}

export async function complete(
  inference: Inference,
  side: TextSide,
  request: GenerateRequest,
): Promise<Completion> {
  const ids: number[] = [];
  let text = '';
  let end: Completion['end'] = 'length';
  for await (const made of stream(inference, side, request)) {
    ids.push(made.id);
    text += made.text;
    end = made.end ?? end;
  }
  return { ids, text, end };
}
