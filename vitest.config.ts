// Tests are split by what they need: test/unit nothing, test/contract real parts on this machine, test/model the real
// model file, test/fleet the real programs, test/browser a browser.
import { defineConfig } from 'vitest/config';

const slow = { testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false };

export default defineConfig({
  test: {
    globalSetup: 'test/helpers/ownCache.ts',
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000, pool: 'forks' } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 120_000,
          pool: 'forks',
        },
      },
      { test: { name: 'model', include: ['test/model/**/*.test.ts'], pool: 'forks', ...slow } },
      { test: { name: 'fleet', include: ['test/fleet/**/*.test.ts'], pool: 'forks', ...slow } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], pool: 'forks', ...slow } },
    ],
  },
});
