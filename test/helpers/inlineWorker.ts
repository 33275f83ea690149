// A model worker without a process of its own, for tests of what stands around it.

import { answerAll, evaluate, trainLocally } from '../../federation/learning/index.js';
import type { Model } from '../../model/engine/types.js';
import type { ModelWorker } from '../../platform/worker/types.js';

export function inlineWorker(model: Model): ModelWorker {
  const loaded = (adapter: Parameters<ModelWorker['answer']>[0]['adapter']) =>
    adapter === null ? undefined : model.loadAdapter(adapter);
  return {
    pid: undefined,
    async answer({ prompt, text, adapter, maxNewTokens = 64, signal }) {
      const options = { adapter: loaded(adapter), maxNewTokens, signal };
      const [answer] = await answerAll(model, prompt, [text], options);
      return { text: '', tokens: 0, ...answer, ms: 1 };
    },
    evaluate: ({ prompt, records, adapter, signal }) =>
      evaluate(model, prompt, records, { adapter: loaded(adapter), signal }),
    train: ({ onProgress, signal, checkpointFile: _, ...request }) =>
      trainLocally(model, 'inline', request, {
        onProgress: progress => onProgress?.({ ...progress, tokensPerSecond: 1, residentBytes: 1 }),
        ...(signal && { signal, turn: work => work(signal) }),
      }),
    stop: async () => {},
  };
}
