import {
  auditQuery,
  dryRunsQuery,
  environmentName,
  environmentsQuery,
  eventsQuery,
  listQuery,
  pauseBody,
  resumeBody,
  rollbackBody,
  syncBody,
} from "@honua/contracts";
import { type ApiDescription, describeApi } from "@honua/service-kit";
import { responseSchemas } from "./response-schemas.ts";

const OPERATIONS: ApiDescription["operations"] = {
  "/api/gitops/environments": {
    get: {
      id: "listEnvironments",
      summary: "Every environment and how it is, by name.",
      answer: "environments",
      query: environmentsQuery,
    },
  },
  "/api/gitops/environments/{environment}": {
    get: {
      id: "getEnvironment",
      summary: "The state document of an environment.",
      answer: "environment",
      problems: [400, 404],
    },
  },
  "/api/gitops/environments/{environment}/release": {
    get: {
      id: "getLiveRelease",
      summary: "What the environment serves, compiled; secrets are references in it.",
      answer: "liveRelease",
      problems: [400, 404],
    },
  },
  "/api/gitops/environments/{environment}/deployments": {
    get: {
      id: "listDeployments",
      summary: "The deployments of an environment, the newest first.",
      answer: "deployments",
      query: listQuery,
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/sync": {
    post: {
      id: "syncEnvironment",
      summary:
        "Look at Git now; with force, deploy its head whatever was tried before; with overrideWindow, outside of its windows; with dryRun, only plan it.",
      answer: "syncAccepted",
      status: 202,
      body: syncBody,
      problems: [404, 409, 422],
    },
  },
  "/api/gitops/environments/{environment}/pause": {
    post: {
      id: "pauseEnvironment",
      summary: "Hold back new deployments; what is under way finishes.",
      answer: "environment",
      body: pauseBody,
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/resume": {
    post: {
      id: "resumeEnvironment",
      summary: "Let deployments go on.",
      answer: "environment",
      body: resumeBody,
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/rollback": {
    post: {
      id: "rollBackEnvironment",
      summary: "Go back to a release that was verified before and hold back the newest commit.",
      answer: "deployment",
      status: 202,
      body: rollbackBody,
      problems: [404, 409],
    },
  },
  "/api/gitops/deployments/{id}": {
    get: {
      id: "getDeployment",
      summary: "One deployment with its history.",
      answer: "deployment",
      problems: [404],
    },
  },
  "/api/gitops/deployments/{id}/plan": {
    get: {
      id: "getPlan",
      summary: "The plan of a deployment, or of a dry run.",
      answer: "plan",
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/dry-runs": {
    get: {
      id: "listDryRuns",
      summary: "What was planned for an environment and not deployed, the newest first.",
      answer: "dryRuns",
      query: dryRunsQuery,
      problems: [404],
    },
  },
  "/api/gitops/dry-runs/{id}": {
    get: {
      id: "getDryRun",
      summary: "One dry run with its plan.",
      answer: "dryRun",
      problems: [404],
    },
  },
  "/api/gitops/events": {
    get: {
      id: "streamEvents",
      summary:
        "What happens, as server-sent events; each is a CloudEvents envelope, and its id resumes the stream behind it.",
      answer: "event",
      mediaType: "text/event-stream",
      query: eventsQuery,
      headers: { "Last-Event-ID": "go on behind this event, of which 'since' is then forgotten" },
      problems: [410, 429],
    },
  },
  "/api/gitops/audit": {
    get: {
      id: "listAudit",
      summary: "Who did what to what, and how it ended; the newest first.",
      answer: "audit",
      query: auditQuery,
      problems: [400],
    },
  },
  "/api/gitops/audit/chain": {
    get: {
      id: "readAuditChain",
      summary:
        "The whole audit trail from its first entry, one JSON a line; last the recorded end.",
      answer: "auditLine",
      mediaType: "application/x-ndjson",
    },
  },
  "/api/gitops/backup": {
    get: {
      id: "exportState",
      summary: "A backup of all history, one JSON a line: a manifest, rows, and last their digest.",
      answer: "backupLine",
      mediaType: "application/x-ndjson",
    },
    post: {
      id: "importState",
      summary:
        "Restores the lines of a backup, which are the body, into an empty database: all or nothing.",
      answer: "restored",
      problems: [409, 422],
    },
  },
  "/health/gitops": {
    get: {
      id: "getGitopsHealth",
      summary: "The health of the whole system; 503 when it is Unhealthy.",
      answer: "gitopsHealth",
      also: [503],
      open: true,
    },
  },
};

/** The OpenAPI 3.1 document of the operator API, made from the schemas that it parses with. */
export function openapiDocument(): object {
  return describeApi({
    title: "Honua GitOps operator API",
    version: "1.0.0",
    schemas: responseSchemas,
    parameters: { environment: environmentName },
    operations: OPERATIONS,
  });
}
