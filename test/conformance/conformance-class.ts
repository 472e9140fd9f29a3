import type { ApiUnderTest } from "./api-under-test.ts";

/** A conformance class of a standard, and its tests. */
export interface ConformanceClass {
  uri: string;
  /** Declares the tests. Each is named after its abstract test or requirement. */
  tests(api: ApiUnderTest): void;
}

/** A conformance class of the standard with the URI `standard`. */
export function conformanceClass(
  standard: string,
  name: string,
  tests: ConformanceClass["tests"],
): ConformanceClass {
  return { uri: `${standard}/conf/${name}`, tests };
}
