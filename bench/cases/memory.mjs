// Resident memory of one process in every state of a model: open, answering, training at 128 tokens, closed.

import { ids } from './measure.mjs';
import { batch, trainerOptions } from './train.mjs';

const resident = () => Math.round(process.memoryUsage().rss / 1e6);

export async function memory({ openModel, context = 128, say }) {
  const stages = { start: resident() };
  const stage = name => {
    stages[name] = resident();
    say(`${name}: ${stages[name]} MB`);
  };
  const model = await openModel();
  await model.logits(ids(context, model.info.vocabulary));
  stage('answering');
  const trainer = await model.trainer(trainerOptions, { seed: 1 });
  stage('trainer open');
  let most = 0;
  for (let n = 0; n < 5; n++) {
    await trainer.step(batch(1, context, model.info.vocabulary, n));
    most = Math.max(most, resident());
  }
  stages.training = most;
  say(`training: ${most} MB`);
  const adapter = model.loadAdapter(trainer.adapter());
  await model.logits(ids(context, model.info.vocabulary), { adapter });
  stage('answering with an adapter');
  trainer.close();
  model.close();
  stage('closed');
  const peak = Math.round(process.resourceUsage().maxRSS / 1e3);
  return { tokens_per_s: null, rss_mb: most, peak_mb: peak, stages };
}
