import type { Deployment, Problem } from "@honua/contracts";
import { compileBundle } from "@honua/release";
import type { Bus } from "@honua/service-kit";
import { readBundle } from "./read-bundle.ts";

/** Adds line and column to problems reported by gateways, which contain only JSON pointers. */
export type ProblemLocator = (deployment: Deployment, problems: Problem[]) => Promise<Problem[]>;

export function createProblemLocator(bus: Bus): ProblemLocator {
  return async (deployment, problems) => {
    // The bundle of an earlier deployment may no longer be stored.
    if (deployment.trigger === "rollback") return problems;
    const compiled = compileBundle(await readBundle(bus, deployment.bundle.digest));
    if (!compiled.ok) return problems;
    return problems.map((problem) => {
      if (!problem.file || problem.pointer === undefined || problem.line) return problem;
      return { ...problem, ...compiled.locate(problem.file, problem.pointer) };
    });
  };
}
