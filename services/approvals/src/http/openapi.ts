import { approval, approveBody, pendingApproval, rejectBody } from "@honua/contracts";
import { type ApiDescription, describeApi } from "@honua/service-kit";
import { z } from "zod";
import { pendingQuery } from "./approval-routes.ts";

const OPERATIONS: ApiDescription["operations"] = {
  "/api/gitops/approvals/pending": {
    get: {
      id: "listPendingApprovals",
      summary: "Lists pending approvals, the oldest first.",
      response: "pendingApprovals",
      query: pendingQuery,
    },
  },
  "/api/gitops/approvals/{deploymentId}": {
    get: {
      id: "getApproval",
      summary: "The approval status of a deployment.",
      response: "approval",
      problems: [400, 404],
    },
  },
  "/api/gitops/approvals/{deploymentId}/approve": {
    post: {
      id: "approveDeployment",
      summary: "Approve the plan of a deployment.",
      response: "approval",
      body: approveBody,
      problems: [404, 409, 422],
    },
  },
  "/api/gitops/approvals/{deploymentId}/reject": {
    post: {
      id: "rejectDeployment",
      summary: "Reject a deployment; one rejection ends it.",
      response: "approval",
      body: rejectBody,
      problems: [404, 409, 422],
    },
  },
};

/** The OpenAPI 3.1 document of the approvals API, generated from the schemas that parse requests. */
export function openapiDocument(): object {
  return describeApi({
    title: "Honua GitOps approvals API",
    version: "1.0.0",
    schemas: {
      approval,
      pendingApprovals: z.object({
        items: z.array(pendingApproval),
        next: z.string().nullable(),
      }),
    },
    operations: OPERATIONS,
  });
}
