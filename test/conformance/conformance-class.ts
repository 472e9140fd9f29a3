import type { ApiUnderTest } from "./api-under-test.ts";

/** A conformance class of a standard, and the tests that show it. */
export interface ConformanceClass {
  uri: string;
  /** Declares the tests; each is named after the abstract test, or the requirement, that it shows. */
  tests(api: ApiUnderTest): void;
}

/** A class of the standard whose classes begin with `standard`. */
export function conformanceClass(
  standard: string,
  name: string,
  tests: ConformanceClass["tests"],
): ConformanceClass {
  return { uri: `${standard}/conf/${name}`, tests };
}
