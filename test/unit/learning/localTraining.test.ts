// Training by a plan: independent of the order of records, and the same bit by bit when it is interrupted.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../../federation/learning/checkpoint.js';
import { isHeldOut, trainingExamples } from '../../../federation/learning/examples.js';
import {
  adapterHash,
  type LocalTrainingRequest,
  requestHash,
  trainLocally,
} from '../../../federation/learning/localTraining.js';
import { batchSchedule } from '../../../federation/learning/schedule.js';
import { fakeModel, fakeTokenizer } from '../../helpers/fakeModel.js';

const records = Array.from({ length: 21 }, (_, i) => ({ text: `note ${i}`, label: `team ${i % 3}; thing` }));
const request: LocalTrainingRequest = {
  prompt: { template: 'Note: {text}\nLine:', labels: [], maxTokens: 100 },
  shape: { mode: 'lora', rank: 2, alpha: 4, targets: ['q', 'v'] },
  plan: {
    localEpochs: 3,
    batchSize: 4,
    learningRate: 0.01,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 100,
    arithmetic: 'fast',
  },
  records,
  seed: 5,
  start: null,
  adapterSeed: 9,
};
const model = fakeModel();

describe('batchSchedule', () => {
  it('uses every example once an epoch, in another order each time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (count, batchSize, seed) => {
          const batches = batchSchedule(count, { localEpochs: 2, batchSize }, seed);
          const flat = batches.flat();
          const all = Array.from({ length: count }, (_, i) => i);
          expect(flat.slice(0, count).sort((a, b) => a - b)).toEqual(all);
          expect(flat.slice(count).sort((a, b) => a - b)).toEqual(all);
          expect(batches.length).toBe(2 * Math.ceil(count / batchSize));
        },
      ),
    );
    expect(batchSchedule(20, { localEpochs: 1, batchSize: 20 }, 1)).not.toEqual(
      batchSchedule(20, { localEpochs: 1, batchSize: 20 }, 2),
    );
  });
});

describe('trainLocally', () => {
  it('does not depend on the order in which records came', async () => {
    const there = await trainLocally(model, 'fake', request);
    const back = await trainLocally(model, 'fake', { ...request, records: [...records].reverse() });
    expect(adapterHash(back.adapter)).toBe(adapterHash(there.adapter));
    const other = await trainLocally(model, 'fake', { ...request, seed: 6 });
    expect(adapterHash(other.adapter)).not.toBe(adapterHash(there.adapter));
    expect(there.steps).toBe(18);
  });

  it('goes on from any checkpoint to the same adapter', async () => {
    const saved: Checkpoint[] = [];
    const save = async (checkpoint: Checkpoint): Promise<void> => void saved.push(checkpoint);
    const whole = await trainLocally(model, 'fake', request, { save, saveEvery: 1 });
    expect(saved.length).toBe(17);
    for (const checkpoint of saved) {
      const resume = decodeCheckpoint(encodeCheckpoint(checkpoint), requestHash(request, 'fake'));
      const steps: number[] = [];
      const rest = await trainLocally(model, 'fake', request, {
        resume,
        onProgress: one => void steps.push(one.step),
      });
      expect(rest).toEqual(whole);
      expect(steps[0]).toBe(checkpoint.state.step + 1);
    }
  });

  it('redoes an aborted step without a trace', async () => {
    const slow = fakeModel({ ticks: 3 });
    const whole = await trainLocally(slow, 'fake', request);
    let interruptions = 0;
    const torn = await trainLocally(slow, 'fake', request, {
      async turn(work) {
        const first = new AbortController();
        const running = work(first.signal);
        first.abort();
        await running.catch(() => (interruptions += 1));
        return work(undefined);
      },
    });
    expect(interruptions).toBe(18);
    expect(torn).toEqual(whole);
  });

  it('stops where its signal says so', async () => {
    const stop = new AbortController();
    const training = trainLocally(model, 'fake', request, {
      signal: stop.signal,
      onProgress: ({ step }) => step === 4 && stop.abort(),
    });
    await expect(training).rejects.toBeDefined();
  });
});

describe('checkpoint', () => {
  it('of other work, or damaged anywhere, is refused by its code', async () => {
    let bytes = new Uint8Array();
    const save = async (checkpoint: Checkpoint): Promise<void> => {
      bytes = new Uint8Array(encodeCheckpoint(checkpoint));
    };
    await trainLocally(model, 'fake', request, { save });
    const hash = requestHash(request, 'fake');
    expect(decodeCheckpoint(bytes, hash).state.step).toBe(10);
    const refused = (damaged: Uint8Array, name = hash): boolean => {
      try {
        decodeCheckpoint(damaged, name);
        return false;
      } catch (error) {
        return isSkeinError(error, 'checkpoint/invalid');
      }
    };
    expect(refused(bytes, requestHash({ ...request, seed: 6 }, 'fake'))).toBe(true);
    expect(refused(bytes, requestHash({ ...request, records: records.slice(1) }, 'fake'))).toBe(true);
    expect(refused(bytes, requestHash(request, 'another model'))).toBe(true);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(refused(damaged)).toBe(true);
      expect(refused(bytes.subarray(0, at))).toBe(true);
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), noise => refused(noise)));
  });
});

describe('records', () => {
  it('whose label leaves no room are left out; none at all is an error', () => {
    const prompt = { template: '{text}:', labels: [], maxTokens: 12 };
    const long = { text: 'a', label: 'far too long a label' };
    expect(trainingExamples(fakeTokenizer, prompt, [long, { text: 'a', label: 'b' }]).length).toBe(1);
    expect(() => trainingExamples(fakeTokenizer, prompt, [long])).toThrow(
      expect.objectContaining({ code: 'record/none' }),
    );
  });

  it('are held out by content: about a sixth, always the same', () => {
    const many = Array.from({ length: 6000 }, (_, i) => ({ text: `text ${i}`, label: 'x' }));
    const held = many.filter(isHeldOut).length;
    expect(held).toBeGreaterThan(850);
    expect(held).toBeLessThan(1150);
  });
});
