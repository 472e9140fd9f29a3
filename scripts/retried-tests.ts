import type { TestModule } from "vitest/node";

/** One line for each test that passed only on a retry, with the errors of the failed attempts. */
export function retriedTests(modules: TestModule[]): string[] {
  return modules
    .flatMap((module) => [...module.children.allTests("passed")])
    .flatMap((test) => {
      const errors = test.result().errors ?? [];
      if (errors.length === 0) return [];
      const messages = errors.map(({ message }) => message).join("\n");
      return [
        `Passed only on a retry: ${test.module.relativeModuleId} > ${test.fullName}\n${messages}`,
      ];
    });
}
