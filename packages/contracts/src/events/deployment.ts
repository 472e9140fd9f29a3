import { z } from "zod";
import { defineEvent } from "../define.ts";
import { deploymentState, failureReason } from "../documents/deployment.ts";
import { riskLevel } from "../documents/policy.ts";
import { commitId, instant, sha256 } from "../environment.ts";

const about = {
  deploymentId: z.string().min(1),
  commit: commitId,
  state: deploymentState,
  version: z.number().int().positive(),
};

export const deployCreated = defineEvent("deploy.created", {
  version: 1,
  summary: "A deployment was opened.",
  data: z.object({ ...about, initiatedBy: z.string() }),
});
export const deployPlanned = defineEvent("deploy.planned", {
  version: 1,
  summary: "A deployment was planned.",
  data: z.object({
    ...about,
    planDigest: sha256,
    riskLevel,
    changes: z.number().int().nonnegative(),
    requiresApproval: z.boolean(),
  }),
});
export const deployApprovalRequested = defineEvent("deploy.approval-requested", {
  version: 1,
  summary: "A deployment needs approval.",
  data: z.object({ ...about, planDigest: sha256, riskLevel, expiresAt: instant }),
});
export const deployApprovalGiven = defineEvent("deploy.approval-given", {
  version: 1,
  summary: "An approver approved a deployment that needs further approvals.",
  data: z.object({
    ...about,
    subject: z.string(),
    approvedBy: z.array(z.string()),
    required: z.number().int().positive(),
    planDigest: sha256,
  }),
});
export const deployApproved = defineEvent("deploy.approved", {
  version: 1,
  summary: "A deployment received all required approvals.",
  publishedTo: ["history", "lane"],
  data: z.object({ ...about, subjects: z.array(z.string()), planDigest: sha256 }),
});
export const deployRejected = defineEvent("deploy.rejected", {
  version: 1,
  summary: "An approver rejected a deployment.",
  data: z.object({ ...about, subject: z.string(), reason: z.string().optional() }),
});
export const deployApprovalExpired = defineEvent("deploy.approval-expired", {
  version: 1,
  summary: "The approval of a deployment timed out.",
  data: z.object(about),
});
export const deployApplying = defineEvent("deploy.applying", {
  version: 1,
  summary: "The gateways are preparing and activating the release.",
  data: z.object({ ...about, release: sha256 }),
});
export const deployCompleted = defineEvent("deploy.completed", {
  version: 1,
  summary: "Every gateway serves the release, and it was verified over HTTP.",
  data: z.object({ ...about, release: sha256, durationMs: z.number().nonnegative() }),
});
export const deployFailed = defineEvent("deploy.failed", {
  version: 1,
  summary: "A deployment failed.",
  data: z.object({ ...about, reason: failureReason, errorMessage: z.string() }),
});
export const deployRolledBack = defineEvent("deploy.rolled-back", {
  version: 1,
  summary: "The environment serves its last verified release again.",
  data: z.object({ ...about, release: sha256.nullable(), reason: failureReason }),
});
