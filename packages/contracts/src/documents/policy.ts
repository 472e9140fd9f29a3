import { z } from "zod";

export const RISK_LEVELS = ["Low", "Medium", "High", "Critical"] as const;
export const riskLevel = z.enum(RISK_LEVELS);
export type RiskLevel = z.infer<typeof riskLevel>;

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When deployments may start: a half-open interval in local time, which may cross midnight. */
export const deploymentWindow = z.object({
  days: z.array(z.enum(WEEKDAYS)).min(1).describe("days on which the window opens"),
  start: z.string().describe("HH:MM"),
  end: z
    .string()
    .describe("HH:MM; 24:00 is the end of the day; earlier than `start`: on the next day"),
  timezone: z.string().describe("IANA name, such as Europe/Madrid"),
});
export type DeploymentWindow = z.infer<typeof deploymentWindow>;

/** When no deployment may start, even in an open window: a half-open interval in local time. */
export const blackoutPeriod = z.object({
  name: z.string(),
  start: z.string().describe("yyyy-MM-dd or yyyy-MM-ddTHH:MM"),
  end: z.string().describe("yyyy-MM-dd or yyyy-MM-ddTHH:MM, exclusive"),
  timezone: z.string(),
  reason: z.string().optional(),
});
export type BlackoutPeriod = z.infer<typeof blackoutPeriod>;

/** The approvals that a deployment needs before it is applied. */
export const approvalRequirement = z.object({
  required: z.number().int().min(1).describe("number of different approvers"),
  approvers: z
    .array(z.string())
    .optional()
    .describe("`user:<subject>` or `team:<name>`; absent: every subject with the approver role"),
  furtherApprovers: z
    .array(z.string())
    .optional()
    .describe("second list an approver must be on, if server and repository both define one"),
  forbidAuthor: z.boolean().optional(),
  forbidCommitter: z.boolean().optional(),
  forbidRequester: z
    .boolean()
    .optional()
    .describe("the operator who requested the deployment manually"),
  reasonRequired: z.boolean().optional(),
});
export type ApprovalRequirement = z.infer<typeof approvalRequirement>;

/** A rule that requires approval when its condition holds. */
export const policyRule = z.object({
  name: z.string(),
  condition: z.string().describe("CEL over `plan`, `commit` and `environment`"),
  requires: z.literal("approval"),
  reason: z.string().optional(),
});
export type PolicyRule = z.infer<typeof policyRule>;

/** The policy of one environment with all defaults applied. */
export const deploymentPolicy = z.object({
  requiresApproval: z.boolean(),
  minimumRiskLevelForApproval: riskLevel.optional(),
  allowBreakingChanges: z.boolean(),
  autoRollback: z.boolean(),
  approvalTimeoutSeconds: z.number().int().positive(),
  approvals: approvalRequirement.optional().describe("absent: one subject with the approver role"),
  rules: z.array(policyRule).optional(),
  deploymentWindows: z.array(deploymentWindow).optional().describe("at least one must be open"),
  furtherWindows: z
    .array(deploymentWindow)
    .optional()
    .describe("second list of which one must be open, if server and repository both define one"),
  blackoutPeriods: z.array(blackoutPeriod).optional(),
  cooldownSeconds: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("minimum time between two deployments"),
  maxPendingAgeSeconds: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("a deployment that waits longer for a window fails"),
});
export type DeploymentPolicy = z.infer<typeof deploymentPolicy>;

/** The part of a policy that determines when deployments may start. */
export const startingRules = deploymentPolicy.pick({
  deploymentWindows: true,
  furtherWindows: true,
  blackoutPeriods: true,
  cooldownSeconds: true,
  maxPendingAgeSeconds: true,
});
