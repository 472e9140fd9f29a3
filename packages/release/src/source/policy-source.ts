import { environmentName, RISK_LEVELS, WEEKDAYS } from "@honua/contracts";
import { z } from "zod";
import { readCondition } from "../policy/rules/rule-language.ts";
import { isTimeZone } from "../policy/zone-clock.ts";
import { parseDuration } from "./duration.ts";
import { nonEmptyText, sourceShapes } from "./source-shape.ts";

const duration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: "must be a duration such as 30s, 10m, 4h or 7d",
});
const timezone = z.string().refine(isTimeZone, {
  error: "must be the IANA name of a time zone, such as Europe/Madrid",
});
const timeOfDay = z.string().refine((text) => /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(text), {
  error: 'must be a time of day such as "09:00"',
});
const localTime = z.string().refine(isLocalTime, {
  error: 'must be a date such as "2026-12-20", or a date and time such as "2026-12-20T18:00"',
});

const windowSource = z
  .strictObject({
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .default([...WEEKDAYS]),
    start: timeOfDay.refine((text) => text !== "24:00", { error: 'must be before "24:00"' }),
    end: timeOfDay,
    timezone,
  })
  .refine(({ start, end }) => start !== end, {
    path: ["end"],
    error: 'must differ from "start"; for a whole day write "00:00" and "24:00"',
  })
  .register(sourceShapes, { noun: "a deployment window" });

const blackoutSource = z
  .strictObject({
    name: nonEmptyText,
    start: localTime,
    end: localTime,
    timezone,
    reason: nonEmptyText.optional(),
  })
  .refine(({ start, end }) => start < end, { path: ["end"], error: 'must be after "start"' })
  .register(sourceShapes, { noun: "blackout period", namedBy: "name" });

/** Maximum number of rules of one environment. Every plan evaluates all of them. */
const MAX_RULES = 20;
const MAX_APPROVALS = 20;

/** `user:` with a subject, or `team:` with a name. */
const approverName = z.string().refine((text) => /^(user|team):\S(.*\S)?$/.test(text), {
  error: 'must be "user:" with a subject, or "team:" with a name, such as "team:gis-ops"',
});

const approvalsSource = z
  .strictObject({
    required: z.number().int().min(1).max(MAX_APPROVALS).optional(),
    approvers: z.array(approverName).min(1).optional(),
    forbidAuthor: z.boolean().optional(),
    forbidCommitter: z.boolean().optional(),
    forbidRequester: z.boolean().optional(),
    reasonRequired: z.boolean().optional(),
  })
  .register(sourceShapes, { noun: "approvals", isPart: true });

/** A CEL expression over `plan`, `commit` and `environment` with a boolean result. */
const ruleCondition = z.string().superRefine((text, context) => {
  const condition = readCondition(text);
  if (condition.ok) return;
  const { message, offset } = condition;
  context.addIssue({ code: "custom", message, params: { code: "invalid-rule", offset } });
});

const ruleSource = z
  .strictObject({
    name: nonEmptyText,
    condition: ruleCondition,
    requires: z.literal("approval"),
    reason: nonEmptyText.optional(),
  })
  .register(sourceShapes, { noun: "rule", namedBy: "name" });

const rulesSource = z
  .array(ruleSource)
  .max(MAX_RULES)
  .superRefine((rules, context) => {
    for (const [index, { name }] of rules.entries()) {
      if (rules.findIndex((rule) => rule.name === name) === index) continue;
      const message = "is also the name of another rule";
      context.addIssue({ code: "custom", message, path: [index, "name"] });
    }
  });

/** The policy of one environment, in a repository or in the configuration of the server. */
export const environmentPolicySource = z
  .strictObject({
    requiresApproval: z.boolean().optional(),
    minimumRiskLevelForApproval: z.enum(RISK_LEVELS).optional(),
    allowBreakingChanges: z.boolean().optional(),
    autoRollback: z.boolean().optional(),
    approvalTimeout: duration.optional(),
    approvals: approvalsSource.optional(),
    rules: rulesSource.optional(),
    deploymentWindows: z.array(windowSource).min(1).optional(),
    blackoutPeriods: z.array(blackoutSource).optional(),
    cooldown: duration.optional(),
    maxPendingAge: duration.optional(),
  })
  .register(sourceShapes, { noun: "the policy" });
export type EnvironmentPolicySource = z.infer<typeof environmentPolicySource>;

/** `.gitops/deployment-policy.yaml`. */
export const policySource = z
  .strictObject({
    apiVersion: z.literal("honua.io/v1"),
    kind: z.literal("DeploymentPolicy"),
    environments: z.record(
      z.string().refine((name) => environmentName.safeParse(name).success, {
        error: "is not a valid environment name",
      }),
      environmentPolicySource,
    ),
  })
  .register(sourceShapes, { noun: "the file" });

function isLocalTime(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$/.test(text)) return false;
  const instant = new Date(text.includes("T") ? `${text}Z` : text);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text);
}
