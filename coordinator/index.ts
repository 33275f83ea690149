// What tests and other programs start a coordinator with.

export * from './config.js';
export * from './coordinator.js';
