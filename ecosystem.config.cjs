// For those who run their services under pm2: the programs as they are, each with its folder.
// pm2 starts and restarts them; Skein itself knows nothing of pm2. See docs/how-to/run-under-pm2.md.

const path = require('node:path');

/** `folder` is relative to where pm2 was called, and pm2 remembers it as an absolute path. */
const program = (name, from, option, folder) => ({
  name,
  script: path.join(__dirname, 'dist', from, 'main.js'),
  args: ['run', option, path.resolve(folder)],
  interpreter: process.execPath,
  exec_mode: 'fork',
  // Both end in good order on SIGINT: what is not acknowledged is on disk before.
  kill_timeout: 10_000,
  exp_backoff_restart_delay: 500,
  // Exit codes that another start does not change: usage, configuration, identity. Not 0: pm2 gives it to what was killed,
  // for example where memory ran out.
  stop_exit_codes: [2, 3, 20],
  // Logs are JSON lines with their own times.
  merge_logs: true,
  time: false,
});

module.exports = {
  apps: [
    program('skein-coordinator', 'coordinator', '--fleet', process.env.SKEIN_FLEET ?? 'fleet'),
    program('skein-agent', 'agent', '--data', process.env.SKEIN_AGENT_DATA ?? 'device'),
  ],
};
