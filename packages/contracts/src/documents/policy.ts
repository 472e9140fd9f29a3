import { z } from "zod";

export const RISK_LEVELS = ["Low", "Medium", "High", "Critical"] as const;
export const riskLevel = z.enum(RISK_LEVELS);
export type RiskLevel = z.infer<typeof riskLevel>;

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When deployments may start: half open, by the wall clock of its zone; may cross midnight. */
export const deploymentWindow = z.object({
  days: z.array(z.enum(WEEKDAYS)).min(1).describe("on which it starts"),
  start: z.string().describe("HH:MM"),
  end: z.string().describe("HH:MM, 24:00 for the end of the day; before `start`: on the next day"),
  timezone: z.string().describe("IANA name, such as Europe/Madrid"),
});
export type DeploymentWindow = z.infer<typeof deploymentWindow>;

/** When no deployment may start, whatever window is open: half open, by the wall clock of its zone. */
export const blackoutPeriod = z.object({
  name: z.string(),
  start: z.string().describe("yyyy-MM-dd or yyyy-MM-ddTHH:MM"),
  end: z.string().describe("yyyy-MM-dd or yyyy-MM-ddTHH:MM, the first minute after it"),
  timezone: z.string(),
  reason: z.string().optional(),
});
export type BlackoutPeriod = z.infer<typeof blackoutPeriod>;

/** Who must agree before a deployment that needs people is applied. */
export const approvalRequirement = z.object({
  required: z.number().int().min(1).describe("so many different people"),
  approvers: z
    .array(z.string())
    .optional()
    .describe("`user:<subject>` or `team:<name>`; absent: whoever has the role"),
  furtherApprovers: z
    .array(z.string())
    .optional()
    .describe("on this list as well: where the server and the repository both have one"),
  forbidAuthor: z.boolean().optional(),
  forbidCommitter: z.boolean().optional(),
  forbidRequester: z.boolean().optional().describe("who asked for the deployment by hand"),
  reasonRequired: z.boolean().optional(),
});
export type ApprovalRequirement = z.infer<typeof approvalRequirement>;

/** What a rule asks for when its condition holds. */
export const policyRule = z.object({
  name: z.string(),
  condition: z.string().describe("CEL over `plan`, `commit` and `environment`"),
  requires: z.literal("approval"),
  reason: z.string().optional(),
});
export type PolicyRule = z.infer<typeof policyRule>;

/** The policy of one environment after every default is filled in. */
export const deploymentPolicy = z.object({
  requiresApproval: z.boolean(),
  minimumRiskLevelForApproval: riskLevel.optional(),
  allowBreakingChanges: z.boolean(),
  autoRollback: z.boolean(),
  approvalTimeoutSeconds: z.number().int().positive(),
  approvals: approvalRequirement.optional().describe("absent: one person with the role"),
  rules: z.array(policyRule).optional(),
  deploymentWindows: z.array(deploymentWindow).optional().describe("one of them must be open"),
  furtherWindows: z
    .array(deploymentWindow)
    .optional()
    .describe("one of these as well: where the server and the repository both have windows"),
  blackoutPeriods: z.array(blackoutPeriod).optional(),
  cooldownSeconds: z.number().int().positive().optional().describe("between two deployments"),
  maxPendingAgeSeconds: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("a deployment that waited longer for a window is given up"),
});
export type DeploymentPolicy = z.infer<typeof deploymentPolicy>;

/** The part of a policy that says when deployments may start. */
export const startingRules = deploymentPolicy.pick({
  deploymentWindows: true,
  furtherWindows: true,
  blackoutPeriods: true,
  cooldownSeconds: true,
  maxPendingAgeSeconds: true,
});
