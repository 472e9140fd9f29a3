import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { retriedTests } from "./retried-tests.ts";
import { testTotals } from "./test-totals.ts";

/**
 * Runs all tests, or those whose file matches a filter, and closes with one line:
 * `N passed, N failed, N skipped`. The exit code is 0 only when some ran and none failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "check-failed": { type: "boolean", default: false } },
});

// The containers of a test are removed by the test; the image that testcontainers would do it with is
// not needed, and cannot be had everywhere.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= "true";

const vitest = await startVitest("test", positionals, {
  config: "vitest.config.ts",
  watch: false,
  reporters: ["default"],
});
const modules = vitest.state.getTestModules();
const totals = testTotals(modules, vitest.state.getUnhandledErrors().length);
const retried = retriedTests(modules);
await vitest.close();

for (const line of retried) process.stdout.write(`${line}\n`);

if (values["check-failed"]) process.stdout.write("The check before the tests failed; see above.\n");
const { passed, failed, skipped } = totals;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed > 0 || passed === 0 || values["check-failed"] ? 1 : 0;
