// A process of its own for trainingMemory.test.ts: answers, trains at 128 tokens, and prints its peak resident memory.

import { openModel } from '../../model/engine/model.js';
import { openSource } from '../../platform/files.js';

const model = await openModel(openSource(process.argv[2] as string), { arithmetic: 'fast' });
const prompt = model.tokenizer.encode('The weather in the mountains is');
for await (const id of model.generate({ ids: prompt, maxTokens: 8 })) void id;
const answered = process.memoryUsage().rss;

const trainer = await model.trainer(
  {
    shape: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
    learningRate: 1e-3,
    weightDecay: 0,
    clipNorm: 1,
  },
  { seed: 1 },
);
const ids = Array.from({ length: 129 }, (_, i) => (i * 7919 + 13) % model.info.vocabulary);
const losses: number[] = [];
for (let step = 0; step < 4; step++) {
  losses.push((await trainer.step([{ prompt: ids.slice(0, 121), answer: ids.slice(121) }])).loss);
}
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ answeredBytes: answered, peakBytes, losses }));
model.close();
