import type { DeploymentPolicy } from "@honua/contracts";
import { compileBundle, planRelease } from "@honua/release";
import type { Bus } from "@honua/service-kit";
import { readBundle } from "../read-bundle.ts";
import type { Releases } from "../releases.ts";
import type { StepContext } from "./step.ts";

/** Whether a commit is wrong, is refused or needs people; nothing of what is found is kept. */
export function createNeedsAttention(deps: {
  bus: Bus;
  releases: Releases;
  floor: (environment: string) => DeploymentPolicy;
}): (context: StepContext) => Promise<boolean> {
  return async ({ deployment, situation: { live } }) => {
    const { environment, commit } = deployment;
    const compiled = compileBundle(await readBundle(deps.bus, deployment.bundle.digest));
    if (!compiled.ok) return true;
    const { decision } = planRelease({
      environment,
      live: live && {
        commit: live.commit,
        release: await deps.releases.read(live.release),
        digest: live.release,
      },
      candidate: { commit: commit.id, release: compiled.release, digest: compiled.digest },
      commit,
      policyFloor: deps.floor(environment),
      estimatedDurationSeconds: null,
    });
    return decision.requiresApproval || !decision.allowed;
  };
}
