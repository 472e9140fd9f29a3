import { z } from "zod";
import { decision, deploymentState, failureReason } from "../documents/deployment.ts";
import { plan } from "../documents/plan.ts";
import { instant, sha256 } from "../environment.ts";

/** Body of `POST /api/gitops/approvals/{deploymentId}/approve`. */
export const approveBody = z
  .object({
    approver: z
      .string()
      .min(1)
      .optional()
      .describe("must be the subject of the token unless the token may delegate"),
    reason: z.string().max(2_000).optional(),
    planDigest: sha256
      .optional()
      .describe("digest of the reviewed plan; the request is refused if the plan has changed"),
  })
  .strict();

/** Body of `POST /api/gitops/approvals/{deploymentId}/reject`. */
export const rejectBody = z
  .object({
    approver: z.string().min(1).optional(),
    reason: z.string().min(1).max(2_000),
    planDigest: sha256.optional(),
  })
  .strict();

/** One entry of `GET /api/gitops/approvals/pending`. */
export const pendingApproval = z.object({
  deploymentId: z.string(),
  environment: z.string(),
  commit: z.string(),
  author: z.string(),
  message: z.string(),
  riskLevel: z.string(),
  planDigest: sha256,
  requestedAt: instant,
  expiresAt: instant.nullable(),
  progress: z
    .object({
      required: z.number().int().positive().describe("number of different approvers"),
      given: z.number().int().nonnegative(),
      approvedBy: z.array(z.string()),
    })
    .default({ required: 1, given: 0, approvedBy: [] }),
  plan,
});
export type PendingApproval = z.infer<typeof pendingApproval>;

/** Approval status of one deployment in any state. It is also the response to a decision. */
export const approval = pendingApproval.extend({
  state: deploymentState,
  reason: failureReason.nullable(),
  decisions: z.array(decision),
  riskLevel: z.string().nullable(),
  planDigest: sha256.nullable(),
  requestedAt: instant.nullable().describe("null: approval was never requested"),
  plan: plan.nullable(),
});
export type Approval = z.infer<typeof approval>;
