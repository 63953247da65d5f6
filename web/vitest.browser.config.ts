import { defineConfig } from 'vitest/config';

const MINUTE_MS = 60_000;
/** It says how much memory a browser may take, and one that has to wait for the machine tidies up later. */
const MEASURED = 'tests/story.e2e.ts';

/** Each file starts real servers and real browsers of its own. */
const shared = {
  environment: 'node',
  testTimeout: 10 * MINUTE_MS,
  hookTimeout: 2 * MINUTE_MS,
} as const;

/** What is measured or drawn has the machine to itself. */
const alone = { ...shared, fileParallelism: false } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['tests/*.e2e.ts'],
          exclude: [MEASURED],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...alone, name: 'story', include: [MEASURED], sequence: { groupOrder: 2 } } },
      { test: { ...alone, name: 'screenshots', include: ['tests/screenshots.ts'] } },
      { test: { ...alone, name: 'bench', include: ['tests/bench.ts'], testTimeout: 5 * 60 * MINUTE_MS } },
    ],
  },
});
