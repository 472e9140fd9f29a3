import type { TestModule } from "vitest/node";

/** A line for each test that passed only when it was tried again, with what it said before. */
export function retriedTests(modules: TestModule[]): string[] {
  return modules
    .flatMap((module) => [...module.children.allTests("passed")])
    .flatMap((test) => {
      const errors = test.result().errors ?? [];
      if (errors.length === 0) return [];
      const said = errors.map(({ message }) => message).join("\n");
      return [
        `Passed only when tried again: ${test.module.relativeModuleId} > ${test.fullName}\n${said}`,
      ];
    });
}
