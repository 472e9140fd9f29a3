import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{packages,services}/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/harness/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Machines of continuous integration are shared: one more try tells load from a fault. It is shown.
    retry: process.env.CI ? 1 : 0,
    pool: "forks",
    maxWorkers: 3,
  },
});
