// A process of its own for trainingMemory.test.ts: answers, trains within a budget, and prints its peak resident memory.

import { openModel } from '../../model/engine/model.js';
import { openSource } from '../../platform/files.js';

const [file, budget] = process.argv.slice(2) as [string, string];
const model = await openModel(openSource(file), { arithmetic: 'fast' });
const prompt = model.tokenizer.encode('The weather in the mountains is');
for await (const id of model.generate({ ids: prompt, maxTokens: 8 })) void id;

const options = {
  shape: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
  learningRate: 1e-3,
  weightDecay: 0,
  clipNorm: 1,
} as const;
const { vocabulary } = model.info;
/** One long example, and more short ones than a run may hold. */
const examples = [128, ...Array<number>(11).fill(45)].map((length, n) => {
  const ids = Array.from({ length }, (_, i) => ((i + 100 * n) * 7919 + 13) % vocabulary);
  return { prompt: ids.slice(0, -8), answer: ids.slice(-8) };
});
/** For answers 64 MB; the rest is what compiles TypeScript in this process. */
const reservedBytes = 110e6;
const plan = model.planTraining(options, examples, { budgetBytes: Number(budget), reservedBytes });
const trainer = await model.trainer({ ...options, memory: plan }, { seed: 1 });
const losses: number[] = [];
for (let step = 0; step < 3; step++) losses.push((await trainer.step(examples)).loss);
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ peakBytes, losses, plan }));
model.close();
