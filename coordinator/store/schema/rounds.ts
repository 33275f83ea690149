// Tables of learning: tasks, the rounds' journal, releases.

export const roundsSchema = '';
