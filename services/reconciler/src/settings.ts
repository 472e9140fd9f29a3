import { riskLevel } from "@honua/contracts";
import { configuredBoolean, serviceSettings } from "@honua/service-kit";
import { z } from "zod";

const seconds = (value: number) => z.coerce.number().positive().default(value);

const policy = z.object({
  RequiresApproval: configuredBoolean.optional(),
  MinimumRiskLevelForApproval: riskLevel.optional(),
  AllowBreakingChanges: configuredBoolean.optional(),
  AutoRollback: configuredBoolean.optional(),
  ApprovalTimeoutSeconds: z.coerce.number().int().positive().optional(),
});
export type PolicySettings = z.output<typeof policy>;

export const reconcilerSettings = serviceSettings.extend({
  PORT: z.coerce.number().int().min(0).max(65_535).default(5004),
  GitOps: z
    .object({
      DeploymentPolicy: policy.prefault({}).describe("the floor that a repository cannot weaken"),
      DeploymentPolicies: z
        .record(z.string(), policy)
        .default({})
        .describe("the floor by environment"),
      DryRun: configuredBoolean
        .default(false)
        .describe("plan and record what commits would change; change nothing"),
      PrepareTimeoutSeconds: seconds(30),
      HealthCheckTimeoutSeconds: seconds(60),
      ResyncIntervalSeconds: seconds(60),
    })
    .prefault({}),
});
export type ReconcilerSettings = z.output<typeof reconcilerSettings>;
