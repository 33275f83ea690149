// Resident memory of an answering process, and how long it takes from opening a model to its first token. For Skein also in
// every state of a model: answering, training at 128 tokens, answering with an adapter, closed.

import { ids, median, rounded } from './measure.mjs';
import { batch, trainerOptions } from './train.mjs';

/** Contestants are started anew for every round. */
export async function memory(contestants, { mode, threads, repeat, context = 512, vocabulary, say }) {
  const found = Object.fromEntries(contestants.map(({ key }) => [key, { open: [], rss: [], peak: [] }]));
  for (let round = 0; round < repeat; round++) {
    for (const { key, file, start } of contestants) {
      const peer = start();
      await peer.ask('rss');
      const begun = performance.now();
      await peer.ask('open', { model: file, mode, threads, capacity: 2048 });
      await peer.ask('prefill', { ids: ids(16, vocabulary) });
      found[key].open.push(performance.now() - begun);
      await peer.ask('prefill', { ids: ids(context, vocabulary) });
      await peer.ask('decode', { ids: ids(context, vocabulary), tokens: 64 });
      const { rss_mb, peak_mb } = await peer.ask('rss');
      found[key].rss.push(rss_mb);
      found[key].peak.push(peak_mb);
      await peer.close();
      say(`${key}: first token after ${rounded(found[key].open.at(-1))} ms, ${rounded(rss_mb)} MB`);
    }
  }
  const of = what =>
    Object.fromEntries(contestants.map(({ key }) => [key, rounded(median(found[key][what]))]));
  const [rss, peak, first] = [of('rss'), of('peak'), of('open')];
  const against = values =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([key]) => key !== 'ours')
        .map(([key, value]) => [key, rounded(value / values.ours, 3)]),
    );
  return {
    rss_mb: rss,
    ratios: against(rss),
    more: { peak_mb: peak, first_token_ms: first, first_token_ratio: against(first), context },
  };
}

const resident = () => Math.round(process.memoryUsage().rss / 1e6);

export async function stages({ openModel, context = 128, say }) {
  const found = { start: resident() };
  const stage = name => {
    found[name] = resident();
    say(`${name}: ${found[name]} MB`);
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
  found.training = most;
  say(`training: ${most} MB`);
  const adapter = model.loadAdapter(trainer.adapter());
  await model.logits(ids(context, model.info.vocabulary), { adapter });
  stage('answering with an adapter');
  trainer.close();
  model.close();
  stage('closed');
  return found;
}
