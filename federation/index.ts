// The pure algorithms of a federation: how updates are checked and combined, how a round goes, how a device learns.

export * from './aggregate/aggregate.js';
export * from './aggregate/contribution.js';
export * from './aggregate/rules.js';
export * from './learning/index.js';
export * from './order.js';
export * from './round/reduce.js';
export * from './round/seeds.js';
export * from './round/types.js';
export * from './soundness.js';
export * from './update/check.js';
export * from './update/shape.js';
