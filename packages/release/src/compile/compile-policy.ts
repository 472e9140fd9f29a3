import type { DeploymentPolicy, Problem } from "@honua/contracts";
import { DEFAULT_POLICY } from "../policy/default-policy.ts";
import { parseDuration } from "../source/duration.ts";
import { parseSource } from "../source/parse-source.ts";
import { type EnvironmentPolicySource, policySource } from "../source/policy-source.ts";
import type { SourceDocument } from "../source/source-document.ts";

/**
 * Reads the policy of one environment from the policy file. The policies of all other environments are
 * validated as well, because a file with a mistake does not protect them as its authors expect.
 *
 * @returns no policy if the file has none for the environment
 */
export function compilePolicy(
  document: SourceDocument | undefined,
  environment: string,
): { policy?: DeploymentPolicy; problems: readonly Problem[] } {
  if (document === undefined) return { problems: [] };
  const { value, problems } = parseSource(policySource, document);
  const source = value?.environments[environment];
  return { problems, ...(source && { policy: policyOfSource(source) }) };
}

type Present<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** Converts a policy of the file, with all defaults filled in. */
export function policyOfSource(source: EnvironmentPolicySource): DeploymentPolicy {
  const { minimumRiskLevelForApproval: minimum, deploymentWindows, blackoutPeriods } = source;
  const { approvals, rules } = source;
  const cooldown = secondsOf(source.cooldown);
  const maxPendingAge = secondsOf(source.maxPendingAge);
  return {
    requiresApproval: source.requiresApproval ?? DEFAULT_POLICY.requiresApproval,
    ...(minimum && { minimumRiskLevelForApproval: minimum }),
    allowBreakingChanges: source.allowBreakingChanges ?? DEFAULT_POLICY.allowBreakingChanges,
    autoRollback: source.autoRollback ?? DEFAULT_POLICY.autoRollback,
    approvalTimeoutSeconds:
      secondsOf(source.approvalTimeout) ?? DEFAULT_POLICY.approvalTimeoutSeconds,
    ...(approvals && { approvals: withoutAbsent({ required: 1, ...approvals }) }),
    ...(rules && { rules: rules.map(withoutAbsent) }),
    ...(deploymentWindows && { deploymentWindows }),
    ...(blackoutPeriods && { blackoutPeriods: blackoutPeriods.map(withoutAbsent) }),
    ...(cooldown !== undefined && { cooldownSeconds: cooldown }),
    ...(maxPendingAge !== undefined && { maxPendingAgeSeconds: maxPendingAge }),
  };
}

function secondsOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}

/** Absent keys stay absent, because they are part of the digest of a release. */
function withoutAbsent<Value extends object>(value: Value): Present<Value> {
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(present) as Present<Value>;
}
