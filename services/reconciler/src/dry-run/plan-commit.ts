import type { CommitInfo, DeploymentPolicy, EnvironmentOverview, Plan } from "@honua/contracts";
import { compileBundle, formatProblems, planRelease } from "@honua/release";
import type { Bus } from "@honua/service-kit";
import { readBundle } from "../releases/read-bundle.ts";
import type { ReleaseStore } from "../releases/release-store.ts";

/** A commit whose bundle is in the object store. */
export interface CommitToPlan {
  environment: string;
  commit: CommitInfo;
  bundleDigest: string;
}

/** The plan of a commit, or the reason why it cannot be deployed. */
export type CommitPlan = { plan: Plan } | { errorMessage: string };

/** Compiles and plans a commit without storing the result. */
export type PlanCommit = (
  commit: CommitToPlan,
  situation: Pick<EnvironmentOverview, "live" | "medianDurationMs">,
) => Promise<CommitPlan>;

export function createPlanCommit(deps: {
  bus: Bus;
  releases: ReleaseStore;
  floor: (environment: string) => DeploymentPolicy;
}): PlanCommit {
  return async ({ environment, commit, bundleDigest }, { live, medianDurationMs }) => {
    const compiled = compileBundle(await readBundle(deps.bus, bundleDigest));
    if (!compiled.ok) return { errorMessage: formatProblems(compiled.problems) };
    const plan = planRelease({
      environment,
      live: live && {
        commit: live.commit,
        release: await deps.releases.read(live.release),
        digest: live.release,
      },
      candidate: { commit: commit.id, release: compiled.release, digest: compiled.digest },
      commit,
      policyFloor: deps.floor(environment),
      estimatedDurationSeconds:
        medianDurationMs === null ? null : Math.ceil(medianDurationMs / 1_000),
    });
    return { plan };
  };
}
