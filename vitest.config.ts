import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { findUnitTests } from "./scripts/unit-tests.ts";

const CONTAINERS = "test/containers/**/*.test.ts";
const unitTests = findUnitTests(fileURLToPath(new URL(".", import.meta.url)));

const common = {
  testTimeout: 30_000,
  hookTimeout: 120_000,
  pool: "forks",
  // CI machines are shared. A retry separates a failure under load from a fault, and is reported.
  retry: process.env.CI ? 1 : 0,
} as const;

/** Vitest runs projects with the same group order at the same time. */
const first = { maxWorkers: 3, sequence: { groupOrder: 0 } } as const;

const withServers = {
  ...common,
  ...first,
  globalSetup: ["packages/testing/src/global-setup.ts"],
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        // Without isolation the files of a worker share loaded modules, which halves the time.
        test: { ...common, ...first, name: "unit", include: unitTests, isolate: false },
      },
      {
        test: {
          ...withServers,
          name: "integration",
          include: ["{packages,services}/*/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...unitTests],
        },
      },
      {
        test: {
          ...withServers,
          name: "e2e",
          // A test deploys several commits and runs several commands, which takes more than 30 s on
          // a busy machine. Each wait in it has its own deadline of 20 s or more.
          testTimeout: 120_000,
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...unitTests, CONTAINERS],
        },
      },
      {
        // Each container test uses the whole machine. They run last, one after the other.
        test: {
          ...common,
          name: "containers",
          include: [CONTAINERS],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
