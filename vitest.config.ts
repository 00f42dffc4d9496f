import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/** Two suites: the fast one, and with `--mode full` the slow one, whose files are named `*.full.test.ts`. */
export default defineConfig(({ mode }) => {
  const full = mode === 'full';
  return {
    root: fileURLToPath(new URL('.', import.meta.url)),
    test: {
      include: [full ? 'test/**/*.full.test.ts' : 'test/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...(full ? [] : ['**/*.full.test.ts'])],
      ...(full && { globalSetup: ['test/support/full-setup.ts'] }),
      pool: 'forks',
      // The user's own state and models stay as they are.
      env: {
        XDG_STATE_HOME: join(tmpdir(), `orz-test-state-${process.pid}`),
        XDG_CACHE_HOME: join(tmpdir(), `orz-test-cache-${process.pid}`),
      },
      // Two at a time: a test file may start a training run, and its share of memory and cores must stay small.
      maxWorkers: 2,
      slowTestThreshold: 10_000,
      // Limits find what hangs, not what is slow: they are far above any honest time, on a loaded machine too.
      testTimeout: full ? 3_600_000 : 600_000,
      hookTimeout: full ? 3_600_000 : 600_000,
      expect: { poll: { timeout: 120_000 } },
    },
  };
});
