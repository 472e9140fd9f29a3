import type { DeploymentPolicy } from "@honua/contracts";
import { policyOfSource } from "@honua/release";
import type { ReconcilerSettings } from "../settings.ts";

/**
 * The policy that the server's configuration sets for an environment; a repository can only be
 * stricter. What is said of the environment itself stands in the place of what is said of all.
 */
export function policyFloor(
  settings: Pick<ReconcilerSettings["GitOps"], "DeploymentPolicy" | "DeploymentPolicies">,
  environment: string,
): DeploymentPolicy {
  const own = settings.DeploymentPolicies[environment];
  return policyOfSource({ ...settings.DeploymentPolicy, ...own });
}
