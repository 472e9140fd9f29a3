import { defineConfig } from "vitest/config";

const CONTAINERS = "test/containers/**/*.test.ts";

const everywhere = {
  testTimeout: 30_000,
  hookTimeout: 120_000,
  pool: "forks",
  // Machines of continuous integration are shared: one more try tells load from a fault. It is shown.
  retry: process.env.CI ? 1 : 0,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...everywhere,
          name: "without containers",
          include: ["{packages,services}/*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [CONTAINERS],
          globalSetup: ["packages/testing/src/global-setup.ts"],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Each of these fills the machine by itself: afterwards, one after the other.
        test: {
          ...everywhere,
          name: "containers",
          include: [CONTAINERS],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
