import type { TestModule } from "vitest/node";

export interface TestTotals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts tests. A file that cannot be loaded and an error outside a test each count as one failure. */
export function testTotals(modules: TestModule[], unhandledErrors: number): TestTotals {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const count = (state: string) => tests.filter((test) => test.result().state === state).length;
  const broken = modules.filter(
    (module) => module.errors().length > 0 || (module.state() === "failed" && !hasFailure(module)),
  ).length;
  return {
    passed: count("passed"),
    failed: count("failed") + broken + unhandledErrors,
    skipped: tests.length - count("passed") - count("failed"),
  };
}

function hasFailure(module: TestModule): boolean {
  return [...module.children.allTests("failed")].length > 0;
}
