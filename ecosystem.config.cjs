// For those who run their services under pm2: the programs as they are, each with its configuration file.
// pm2 starts and restarts them; Skein itself knows nothing of pm2. See docs/how-to/run-under-pm2.md.

const path = require('node:path');

const program = (name, config, folder) => ({
  name,
  script: path.join(__dirname, 'dist', folder, 'main.js'),
  args: ['run', '--config', config],
  interpreter: process.execPath,
  exec_mode: 'fork',
  // Both end in good order on SIGINT: what is not acknowledged is on disk before.
  kill_timeout: 10_000,
  exp_backoff_restart_delay: 500,
  // Exit codes that another start does not change: usage, configuration, identity.
  stop_exit_codes: [0, 2, 3, 20],
  // Logs are JSON lines with their own times.
  merge_logs: true,
  time: false,
});

module.exports = {
  apps: [
    program(
      'skein-coordinator',
      process.env.SKEIN_COORDINATOR_CONFIG ?? 'skein-coordinator.yaml',
      'coordinator',
    ),
    program('skein-agent', process.env.SKEIN_AGENT_CONFIG ?? 'agent.yaml', 'agent'),
  ],
};
