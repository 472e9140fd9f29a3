import { z } from "zod";
import { environmentName, instant } from "../environment.ts";
import { commitInfo } from "./bundle.ts";
import { plan } from "./plan.ts";
import { riskLevel } from "./policy.ts";

/** The recorded plan of a commit that was not applied. A dry run is immutable. */
export const dryRun = z.object({
  id: z.string().min(1),
  environment: environmentName,
  commit: commitInfo,
  treeHash: z.string(),
  trigger: z
    .enum(["sync", "commit"])
    .describe("sync: requested by an operator; commit: the server only plans (GitOps.DryRun)"),
  initiatedBy: z.string().min(1),
  requestId: z.string().min(1).describe("id of the request message"),
  at: instant,
  outcome: z.enum(["planned", "failed"]),
  plan: plan.nullable().describe("null: the commit cannot be deployed"),
  errorMessage: z.string().nullable(),
});
export type DryRun = z.infer<typeof dryRun>;

/** A dry run as shown in lists, with a summary of its plan. */
export const dryRunSummary = dryRun.omit({ commit: true, treeHash: true, plan: true }).extend({
  commit: z.string(),
  message: z.string(),
  riskLevel: riskLevel.nullable(),
  changes: z.number().int().nonnegative().nullable(),
  requiresApproval: z.boolean().nullable(),
  allowed: z.boolean().nullable(),
  planDigest: z.string().nullable(),
});
export type DryRunSummary = z.infer<typeof dryRunSummary>;
