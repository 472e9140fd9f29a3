import { type HttpProblem, httpProblem } from "@honua/service-kit";

/** 400 for a query parameter: which one, and what is expected of it. */
export function parameterProblem(name: string, expectation: string): HttpProblem {
  return httpProblem("invalid-parameter", `${name}: ${expectation}`);
}
