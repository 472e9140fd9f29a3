import type { BlackoutPeriod, DeploymentPolicy, Problem } from "@honua/contracts";
import { DEFAULT_POLICY } from "../policy/default-policy.ts";
import { parseDuration } from "../source/duration.ts";
import { parseSource } from "../source/parse-source.ts";
import { type EnvironmentPolicySource, policySource } from "../source/policy-source.ts";
import type { SourceDocument } from "../source/source-document.ts";

/**
 * Reads the policy of one environment from the policy file. The policies of the other environments
 * are validated too: a file with a mistake in it protects nobody as its authors think.
 *
 * @returns no policy when the file does not mention the environment
 */
export function compilePolicy(
  document: SourceDocument | undefined,
  environment: string,
): { policy?: DeploymentPolicy; problems: readonly Problem[] } {
  if (document === undefined) return { problems: [] };
  const { value, problems } = parseSource(policySource, document);
  const source = value?.environments[environment];
  return { problems, ...(source && { policy: withDefaults(source) }) };
}

type PeriodSource = NonNullable<EnvironmentPolicySource["blackoutPeriods"]>[number];

function withDefaults(source: EnvironmentPolicySource): DeploymentPolicy {
  const { minimumRiskLevelForApproval: minimum, deploymentWindows, blackoutPeriods } = source;
  const cooldown = secondsOf(source.cooldown);
  const maxPendingAge = secondsOf(source.maxPendingAge);
  return {
    requiresApproval: source.requiresApproval ?? DEFAULT_POLICY.requiresApproval,
    ...(minimum && { minimumRiskLevelForApproval: minimum }),
    allowBreakingChanges: source.allowBreakingChanges ?? DEFAULT_POLICY.allowBreakingChanges,
    autoRollback: source.autoRollback ?? DEFAULT_POLICY.autoRollback,
    approvalTimeoutSeconds:
      secondsOf(source.approvalTimeout) ?? DEFAULT_POLICY.approvalTimeoutSeconds,
    ...(deploymentWindows && { deploymentWindows }),
    ...(blackoutPeriods && { blackoutPeriods: blackoutPeriods.map(withoutUndefined) }),
    ...(cooldown !== undefined && { cooldownSeconds: cooldown }),
    ...(maxPendingAge !== undefined && { maxPendingAgeSeconds: maxPendingAge }),
  };
}

function secondsOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}

function withoutUndefined({ reason, ...period }: PeriodSource): BlackoutPeriod {
  return { ...period, ...(reason !== undefined && { reason }) };
}
