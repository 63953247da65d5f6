import { defineConfig } from 'vitest/config';

const MINUTE_MS = 60_000;

/** One after the other: each starts real servers and real browsers, and measures memory. */
const shared = {
  environment: 'node',
  fileParallelism: false,
  testTimeout: 10 * MINUTE_MS,
  hookTimeout: 2 * MINUTE_MS,
} as const;

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'story', include: ['tests/*.e2e.ts'] } },
      { test: { ...shared, name: 'screenshots', include: ['tests/screenshots.ts'] } },
      { test: { ...shared, name: 'bench', include: ['tests/bench.ts'], testTimeout: 5 * 60 * MINUTE_MS } },
    ],
  },
});
