import type { DeploymentPolicy, EnvironmentSituation } from "@honua/contracts";
import { stricterPolicy } from "@honua/release";
import type { Releases } from "../releases/release-store.ts";

/** The policy that holds in an environment: the server's floor and that of the live release. */
export type EffectivePolicy = (
  environment: string,
  live: EnvironmentSituation["live"],
) => Promise<DeploymentPolicy>;

export function createEffectivePolicy(deps: {
  releases: Releases;
  floor: (environment: string) => DeploymentPolicy;
}): EffectivePolicy {
  return async (environment, live) =>
    stricterPolicy(
      deps.floor(environment),
      live ? (await deps.releases.read(live.release)).policy : undefined,
    );
}
