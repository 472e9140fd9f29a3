import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { retriedTests } from "./retried-tests.ts";
import { testTotals } from "./test-totals.ts";

/**
 * Runs all tests, or the tests whose path contains a filter, and prints a last line:
 * `N passed, N failed, N skipped`. The exit code is 0 only if a test ran and no test failed.
 *
 *     node scripts/run-tests.ts [--project unit|integration|e2e|containers]… [path filters]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "check-failed": { type: "boolean", default: false },
    project: { type: "string", multiple: true, default: [] },
  },
});

// The tests remove their own containers, so they do not need testcontainers' clean-up image,
// which is not available without a registry.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= "true";

const vitest = await startVitest("test", positionals, {
  config: "vitest.config.ts",
  watch: false,
  reporters: ["default"],
  project: values.project,
});
const modules = vitest.state.getTestModules();
const totals = testTotals(modules, vitest.state.getUnhandledErrors().length);
const retried = retriedTests(modules);
await vitest.close();

for (const line of retried) process.stdout.write(`${line}\n`);

if (values["check-failed"]) process.stdout.write("The check before the tests failed. See above.\n");
const { passed, failed, skipped } = totals;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed > 0 || passed === 0 || values["check-failed"] ? 1 : 0;
