// A contestant of a benchmark: a process of its own that takes one JSON command a line and answers each with one line.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** `ask` rejects with the contestant's own words where a command fails, and where the process has ended. */
export function startPeer(program, args) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = new Promise((_, reject) => child.once('error', reject));
  failed.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(command, fields = {}) {
      child.stdin.write(`${JSON.stringify({ do: command, ...fields })}\n`);
      const { value, done } = await Promise.race([lines.next(), failed]);
      if (done) throw new Error(`${program} ${args[0]} ended before it answered ${command}.`);
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(`${args[0]}: ${command}: ${answer.error}`);
      return answer;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await new Promise(resolve => child.once('exit', resolve));
    },
  };
}

/** The contestant's side, for those written in JavaScript: `commands` by name, each may be asynchronous. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...fields } = JSON.parse(line);
    let answer;
    try {
      answer = (await commands[name](fields)) ?? {};
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

export const argmax = values => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
};

export const memory = () => ({
  rss_mb: process.memoryUsage().rss / 1e6,
  peak_mb: process.resourceUsage().maxRSS / 1e3,
});
