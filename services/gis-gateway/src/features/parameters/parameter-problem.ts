import { HttpProblem } from "@honua/service-kit";

/** 400 for a query parameter: which one, and what is expected of it. */
export function parameterProblem(name: string, expectation: string): HttpProblem {
  return new HttpProblem(400, "Bad request", `${name}: ${expectation}`, {
    code: "invalid-parameter",
  });
}
