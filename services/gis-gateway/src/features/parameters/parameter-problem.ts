import { type HttpProblem, httpProblem } from "@honua/service-kit";

/** 400 for a query parameter. The detail names the parameter and the expected value. */
export function parameterProblem(name: string, expectation: string): HttpProblem {
  return httpProblem("invalid-parameter", `${name}: ${expectation}`);
}
