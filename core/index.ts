// The pure ground of everything: errors, codes, units, time and randomness as interfaces.

export * from './bytes.js';
export * from './clock.js';
export * from './errorCodes.js';
export * from './errors.js';
export * from './events.js';
export * from './exitCodes.js';
export * from './random.js';
export * from './units.js';
