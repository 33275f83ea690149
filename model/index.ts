// The library's own face: open a model file, then answer, score and train with it. `open` takes bytes and gives bytes.

export { chatIds } from './engine/chat.js';
export { openModel as open } from './engine/model.js';
export { decodeTrainerState, encodeTrainerState } from './engine/trainerState.js';
export { parseTrainingRows, rowExamples } from './engine/trainingRows.js';
export type * from './engine/types.js';
export type { ChatMessage } from './text/chatTemplate.js';
