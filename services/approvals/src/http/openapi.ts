import {
  approval,
  approveBody,
  pendingApproval,
  problemDetails,
  rejectBody,
} from "@honua/contracts";
import { z } from "zod";

/** The OpenAPI 3.1 document of the approvals API, made from the schemas that it parses with. */
export function openapiDocument(): object {
  const deploymentId = {
    name: "deploymentId",
    in: "path",
    required: true,
    schema: { type: "string" },
  };
  return {
    openapi: "3.1.0",
    info: { title: "Honua GitOps approvals API", version: "1.0.0" },
    security: [{ token: [] }],
    paths: {
      "/api/gitops/approvals/pending": {
        get: {
          summary: "What waits for people, the oldest first.",
          parameters: [{ name: "environment", in: "query", schema: { type: "string" } }],
          responses: answers("pendingApprovals", [400]),
        },
      },
      "/api/gitops/approvals/{deploymentId}": {
        parameters: [deploymentId],
        get: {
          summary: "How the approval of a deployment stands.",
          responses: answers("approval", [404]),
        },
      },
      "/api/gitops/approvals/{deploymentId}/approve": {
        parameters: [deploymentId],
        post: decision("Approve the plan of a deployment.", "approveBody"),
      },
      "/api/gitops/approvals/{deploymentId}/reject": {
        parameters: [deploymentId],
        post: decision("Reject a deployment; one rejection ends it.", "rejectBody"),
      },
    },
    components: {
      schemas: {
        approval: schemaOf(approval, "output"),
        pendingApprovals: schemaOf(
          z.object({ items: z.array(pendingApproval), next: z.null() }),
          "output",
        ),
        approveBody: schemaOf(approveBody, "input"),
        rejectBody: schemaOf(rejectBody, "input"),
        problem: schemaOf(problemDetails, "output"),
      },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function decision(summary: string, body: string) {
  return {
    summary,
    requestBody: { content: { "application/json": { schema: reference(body) } } },
    responses: answers("approval", [400, 404, 409, 413]),
  };
}

function answers(schema: string, problems: number[]) {
  const refused = {
    description: "Refused",
    content: { "application/problem+json": { schema: reference("problem") } },
  };
  return {
    200: { description: "Done", content: { "application/json": { schema: reference(schema) } } },
    ...Object.fromEntries([...problems, 401, 403, 503].map((status) => [status, refused])),
  };
}

function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 uses as it is. */
function schemaOf(schema: z.ZodType, io: "input" | "output") {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
