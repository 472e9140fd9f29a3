import { z } from "zod";
import { commitId, environmentName, sha256 } from "../environment.ts";
import { approvalRequirement, riskLevel, startingRules } from "./policy.ts";

export const planChange = z.object({
  action: z.enum(["added", "modified", "removed"]),
  type: z.enum(["service", "layer", "datasource", "settings", "policy"]),
  id: z.string(),
  path: z.string().describe("JSON pointer inside `file`"),
  file: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  risk: riskLevel,
  breaking: z.boolean(),
  reason: z.string(),
});
export type PlanChange = z.infer<typeof planChange>;

/** A policy rule that applied to a plan. */
export const matchedRule = z.object({
  policy: z.enum(["server", "repository"]),
  rule: z.string().describe("a key of the policy, or the name of one of its `rules`"),
  effect: z.enum(["approval", "refusal"]),
  reason: z.string(),
  failed: z
    .boolean()
    .optional()
    .describe("the condition could not be evaluated, so approval is required"),
});
export type MatchedRule = z.infer<typeof matchedRule>;

/** The semantic difference between the live release and a candidate, with the policy decision. */
export const plan = z.object({
  environment: environmentName,
  fromCommit: commitId.nullable(),
  toCommit: commitId,
  fromRelease: sha256.nullable(),
  toRelease: sha256,
  riskLevel,
  hasBreakingChanges: z.boolean(),
  changes: z.array(planChange),
  unavailable: z.array(z.object({ collection: z.string(), url: z.string() })),
  estimatedDurationSeconds: z.number().nonnegative().nullable(),
  decision: z.object({
    requiresApproval: z.boolean(),
    rule: z.string().describe("the deciding rule and its policy, as text"),
    allowed: z.boolean(),
    matched: z.array(matchedRule).optional().describe("every rule that has an effect"),
    approvals: approvalRequirement.optional().describe("required approvals, if any"),
    starting: startingRules.optional().describe("when it may start; absent: at any time"),
  }),
  planDigest: sha256,
  omitted: z
    .object({
      changes: z.number().int().nonnegative(),
      unavailable: z.number().int().nonnegative(),
      document: sha256.describe("digest of the complete plan in the object store `plans`"),
    })
    .optional()
    .describe("number of omitted items: a message is limited in size and keeps the riskiest"),
});
export type Plan = z.infer<typeof plan>;
