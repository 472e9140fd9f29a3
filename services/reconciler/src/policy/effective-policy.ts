import type { DeploymentPolicy, EnvironmentOverview } from "@honua/contracts";
import { stricterPolicy } from "@honua/release";
import type { ReleaseStore } from "../releases/release-store.ts";

/** The policy of an environment: the stricter of the server's floor and the live release's policy. */
export type EffectivePolicy = (
  environment: string,
  live: EnvironmentOverview["live"],
) => Promise<DeploymentPolicy>;

export function createEffectivePolicy(deps: {
  releases: ReleaseStore;
  floor: (environment: string) => DeploymentPolicy;
}): EffectivePolicy {
  return async (environment, live) =>
    stricterPolicy(
      deps.floor(environment),
      live ? (await deps.releases.read(live.release)).policy : undefined,
    );
}
