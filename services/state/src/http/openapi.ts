import {
  auditQuery,
  listQuery,
  pauseBody,
  resumeBody,
  rollbackBody,
  syncBody,
} from "@honua/contracts";
import { z } from "zod";
import { responseBodies } from "./bodies.ts";

interface Operation {
  summary: string;
  answer: keyof typeof responseBodies;
  status?: number;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Statuses of problems, besides those every authenticated operation may answer with. */
  problems?: number[];
  open?: boolean;
  /** Media type of the answer, when it is not JSON. */
  type?: string;
}

const OPERATIONS: Record<string, Record<string, Operation>> = {
  "/api/gitops/environments": {
    get: { summary: "Every environment and how it is.", answer: "environments" },
  },
  "/api/gitops/environments/{environment}": {
    get: {
      summary: "The state document of an environment.",
      answer: "environment",
      problems: [400, 404],
    },
  },
  "/api/gitops/environments/{environment}/deployments": {
    get: {
      summary: "The deployments of an environment, the newest first.",
      answer: "deployments",
      query: listQuery,
      problems: [400],
    },
  },
  "/api/gitops/environments/{environment}/sync": {
    post: {
      summary:
        "Look at Git now; with force, deploy its head whatever was tried before; with overrideWindow, outside of its windows.",
      answer: "syncAccepted",
      status: 202,
      body: syncBody,
      problems: [400, 404, 409, 413],
    },
  },
  "/api/gitops/environments/{environment}/pause": {
    post: {
      summary: "Hold back new deployments; what is under way finishes.",
      answer: "environment",
      body: pauseBody,
      problems: [400, 404, 413],
    },
  },
  "/api/gitops/environments/{environment}/resume": {
    post: {
      summary: "Let deployments go on.",
      answer: "environment",
      body: resumeBody,
      problems: [400, 404, 413],
    },
  },
  "/api/gitops/environments/{environment}/rollback": {
    post: {
      summary: "Go back to a release that was verified before and hold back the newest commit.",
      answer: "deployment",
      status: 202,
      body: rollbackBody,
      problems: [400, 404, 409, 413],
    },
  },
  "/api/gitops/deployments/{id}": {
    get: { summary: "One deployment with its history.", answer: "deployment", problems: [404] },
  },
  "/api/gitops/deployments/{id}/plan": {
    get: { summary: "The plan of a deployment.", answer: "plan", problems: [404] },
  },
  "/api/gitops/audit": {
    get: {
      summary: "Who did what to what, and how it ended; the newest first.",
      answer: "audit",
      query: auditQuery,
      problems: [400],
    },
  },
  "/api/gitops/audit/chain": {
    get: {
      summary:
        "The whole audit trail from its first entry, one JSON a line; last the recorded end.",
      answer: "auditLine",
      type: "application/x-ndjson",
    },
  },
  "/health/gitops": {
    get: { summary: "The health of the whole system.", answer: "gitopsHealth", open: true },
  },
};

/** The OpenAPI 3.1 document of the operator API, made from the schemas that it parses with. */
export function openapiDocument(): object {
  const schemas = Object.fromEntries(
    Object.entries(responseBodies).map(([name, schema]) => [name, jsonSchema(schema, "output")]),
  );
  const paths = Object.fromEntries(
    Object.entries(OPERATIONS).map(([path, operations]) => [path, pathItem(path, operations)]),
  );
  return {
    openapi: "3.1.0",
    info: { title: "Honua GitOps operator API", version: "1.0.0" },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function pathItem(path: string, operations: Record<string, Operation>) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const described = Object.entries(operations).map(([method, operation]) => [
    method,
    describe(operation),
  ]);
  return { ...(inPath.length > 0 ? { parameters: inPath } : {}), ...Object.fromEntries(described) };
}

function describe({
  summary,
  answer,
  status = 200,
  query,
  body,
  problems = [],
  open,
  type = "application/json",
}: Operation) {
  const refusals = open ? [503] : [...problems, 401, 403, 503];
  const responses: Record<number, object> = {
    [status]: { description: "Done", content: content(type, answer) },
  };
  for (const refusal of refusals) {
    responses[refusal] = open
      ? { description: "Unhealthy", content: content("application/json", answer) }
      : { description: "Refused", content: content("application/problem+json", "problem") };
  }
  return {
    summary,
    ...(query ? { parameters: queryParameters(query) } : {}),
    ...(body
      ? { requestBody: { content: { "application/json": { schema: jsonSchema(body, "input") } } } }
      : {}),
    responses,
    ...(open ? {} : { security: [{ token: [] }] }),
  };
}

function queryParameters(query: z.ZodObject) {
  const { properties = {} } = jsonSchema(query, "input");
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
}

function content(type: string, name: keyof typeof responseBodies) {
  return { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 uses as it is. */
function jsonSchema(schema: z.ZodType, io: "input" | "output") {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
