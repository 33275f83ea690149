// The wire contract: topics, messages, their encoding.

export * from './api.js';
export * from './codec.js';
export * from './enrolment.js';
export * from './messages.js';
export * from './schemas.js';
export * from './taskDefaults.js';
export * from './topics.js';
