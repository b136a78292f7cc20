import { defineConfig } from 'vitest/config';

// `unit` needs nothing but the repository; `checkpoints` reads trained models from ../shared/data where they are there.
export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/checkpoints/**'],
          testTimeout: 60_000,
        },
      },
      { test: { name: 'checkpoints', include: ['test/checkpoints/**/*.test.ts'], testTimeout: 240_000 } },
    ],
  },
});
