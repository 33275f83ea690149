// skein model: gets a model, looks into it and runs it, on this machine alone.

import { type Commands, type Register, registerNamed } from '../../context.js';

const commands: Commands = {
  get: async () => (await import('./get.js')).registerGet,
  cache: async () => (await import('./cache.js')).registerCache,
  inspect: async () => (await import('./inspect.js')).registerInspect,
  tokenize: async () => (await import('./tokenize.js')).registerTokenize,
  logits: async () => (await import('./logits.js')).registerLogits,
  generate: async () => (await import('./generate.js')).registerGenerate,
  score: async () => (await import('./score.js')).registerScore,
  embed: async () => (await import('./embed.js')).registerEmbed,
  chat: async () => (await import('./chat.js')).registerChat,
  train: async () => (await import('./train.js')).registerTrain,
  export: async () => (await import('./export.js')).registerExport,
};

export const registerModelCommands: Register = async (program, context) => {
  const model = program.command('model').description('get a model, look into it and run it on this machine');
  await registerNamed(commands, model, context);
};
