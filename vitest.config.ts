import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Projects, slowest last; `npm test` runs the first five. `unit` opens no socket; `contract` drives each stand-in and adapter over its
 * real wire; `orchestrations` runs the flows on the embedded engine in process; `e2e` runs the whole system.
 */
export default defineConfig({
  test: {
    silent: 'passed-only',
    // The runner leaves one core free by default; on two cores that is half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        // Properties of parsers and of shells take their time on a machine that does other things as well.
        test: {
          name: 'unit',
          include: ['tests/*.test.ts', 'tests/unit/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'orchestrations',
          include: ['tests/orchestrations/**/*.test.ts'],
          setupFiles: ['./local/kit/preload.mjs'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          setupFiles: ['./local/kit/preload.mjs'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          setupFiles: ['./local/kit/preload.mjs'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // Two years of the policies on virtual time: no socket, no cryptography.
        test: { name: 'simulation', include: ['tests/simulation/**/*.test.ts'] },
      },
      {
        // Clients that were not written for the stand-ins, from Debian: each suite names what is missing.
        test: {
          name: 'strangers',
          include: ['tests/strangers/**/*.test.ts'],
          setupFiles: ['./local/kit/preload.mjs'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'torture',
          include: ['tests/torture/**/*.test.ts'],
          setupFiles: ['./local/kit/preload.mjs'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['tests/fuzz/**/*.test.ts'],
          setupFiles: ['./local/kit/preload.mjs'],
          testTimeout: 600_000,
        },
      },
    ],
  },
});
