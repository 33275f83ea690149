// How records become examples, examples an adapter, and an adapter a measured one; both ends use it.

export * from './batches.js';
export * from './checkpoint.js';
export * from './evaluation.js';
export * from './examples.js';
export * from './localTraining.js';
export * from './schedule.js';
export * from './template.js';
