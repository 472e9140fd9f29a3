import { compileBundle, formatProblem, formatProblems } from "@honua/release";
import type { Bus } from "@honua/service-kit";
import { readBundle } from "../releases/read-bundle.ts";
import type { ReleaseStore } from "../releases/release-store.ts";
import { fail, next, type Step } from "./step.ts";

/**
 * Validating: compiles the bundle into a release, or reports every problem in it. A rollback uses the
 * stored release, because its bundle and Git may no longer be available.
 */
export function createCompile({ bus, releases }: { bus: Bus; releases: ReleaseStore }): Step {
  return async ({ deployment, log }) => {
    if (deployment.trigger === "rollback" && deployment.release) {
      await releases.restoreObject(deployment.release);
      return next(
        "Planning",
        `Using release ${deployment.release.slice(0, 12)} of ${deployment.restores}`,
      );
    }
    const result = compileBundle(await readBundle(bus, deployment.bundle.digest));
    for (const warning of result.warnings) log.warn({ problem: warning }, formatProblem(warning));
    if (!result.ok) return fail("InvalidConfiguration", formatProblems(result.problems));
    await releases.publish(result);
    const layers = result.release.services.reduce((sum, service) => sum + service.layers.length, 0);
    return next(
      "Planning",
      `Compiled ${layers} layers into release ${result.digest.slice(0, 12)}`,
      {
        release: result.digest,
      },
    );
  };
}
