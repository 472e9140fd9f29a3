import { z } from "zod";

export const RISK_LEVELS = ["Low", "Medium", "High", "Critical"] as const;
export const riskLevel = z.enum(RISK_LEVELS);
export type RiskLevel = z.infer<typeof riskLevel>;

/** The policy of one environment after every default is filled in. */
export const deploymentPolicy = z.object({
  requiresApproval: z.boolean(),
  minimumRiskLevelForApproval: riskLevel.optional(),
  allowBreakingChanges: z.boolean(),
  autoRollback: z.boolean(),
  approvalTimeoutSeconds: z.number().int().positive(),
});
export type DeploymentPolicy = z.infer<typeof deploymentPolicy>;
