// Tables of learning: records, assignments, releases.

export const learningSchema = '';
