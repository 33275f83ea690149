// skein model: gets a model, looks into it and runs it, on this machine alone.

import type { Register } from '../../context.js';
import { registerChat } from './chat.js';
import { registerEmbed } from './embed.js';
import { registerExport } from './export.js';
import { registerGenerate } from './generate.js';
import { registerGet } from './get.js';
import { registerInspect } from './inspect.js';
import { registerLogits } from './logits.js';
import { registerScore } from './score.js';
import { registerTokenize } from './tokenize.js';
import { registerTrain } from './train.js';

export const registerModelCommands: Register = (program, context) => {
  const model = program.command('model').description('get a model, look into it and run it on this machine');
  for (const register of [
    registerGet,
    registerInspect,
    registerTokenize,
    registerLogits,
    registerGenerate,
    registerScore,
    registerEmbed,
    registerChat,
    registerTrain,
    registerExport,
  ]) {
    register(model, context);
  }
};
