import type { DeploymentPolicy } from "@honua/contracts";
import { policyOfSource } from "@honua/release";
import type { ReconcilerSettings } from "../settings.ts";

/**
 * The minimum policy of an environment from the server's configuration; a repository can only make it
 * stricter. Keys set for the environment override the keys set for all environments.
 */
export function policyFloor(
  settings: Pick<ReconcilerSettings["GitOps"], "DeploymentPolicy" | "DeploymentPolicies">,
  environment: string,
): DeploymentPolicy {
  const own = settings.DeploymentPolicies[environment];
  return policyOfSource({ ...settings.DeploymentPolicy, ...own });
}
