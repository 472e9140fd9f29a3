import {
  auditQuery,
  deploymentsQuery,
  dryRunsQuery,
  environmentName,
  environmentsQuery,
  eventsQuery,
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
      summary: "Lists the state documents of all environments, by name.",
      response: "environments",
      query: environmentsQuery,
    },
  },
  "/api/gitops/environments/{environment}": {
    get: {
      id: "getEnvironment",
      summary: "Returns the state document of an environment.",
      response: "environment",
      problems: [400, 404],
    },
  },
  "/api/gitops/environments/{environment}/release": {
    get: {
      id: "getLiveRelease",
      summary:
        "Returns the compiled release that the environment serves. It contains references instead of secrets.",
      response: "liveRelease",
      problems: [400, 404],
    },
  },
  "/api/gitops/environments/{environment}/deployments": {
    get: {
      id: "listDeployments",
      summary: "Lists the deployments of an environment, newest first.",
      response: "deployments",
      query: deploymentsQuery,
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/sync": {
    post: {
      id: "syncEnvironment",
      summary:
        "Polls Git now. With force, deploys the head even if it failed before. With overrideWindow, deploys outside the deployment windows. With dryRun, only plans.",
      response: "syncAccepted",
      status: 202,
      body: syncBody,
      problems: [404, 409, 422],
    },
  },
  "/api/gitops/environments/{environment}/pause": {
    post: {
      id: "pauseEnvironment",
      summary: "Pauses new deployments. A deployment in progress finishes.",
      response: "environment",
      body: pauseBody,
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/resume": {
    post: {
      id: "resumeEnvironment",
      summary: "Resumes deployments.",
      response: "environment",
      body: resumeBody,
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/rollback": {
    post: {
      id: "rollBackEnvironment",
      summary: "Restores an earlier verified release and holds the newest commit.",
      response: "deployment",
      status: 202,
      body: rollbackBody,
      problems: [404, 409],
    },
  },
  "/api/gitops/deployments/{id}": {
    get: {
      id: "getDeployment",
      summary: "Returns a deployment with its state history.",
      response: "deployment",
      problems: [404],
    },
  },
  "/api/gitops/deployments/{id}/plan": {
    get: {
      id: "getPlan",
      summary: "Returns the plan of a deployment or a dry run.",
      response: "plan",
      problems: [404],
    },
  },
  "/api/gitops/environments/{environment}/dry-runs": {
    get: {
      id: "listDryRuns",
      summary: "Lists the dry runs of an environment, newest first.",
      response: "dryRuns",
      query: dryRunsQuery,
      problems: [404],
    },
  },
  "/api/gitops/dry-runs/{id}": {
    get: {
      id: "getDryRun",
      summary: "Returns a dry run with its plan.",
      response: "dryRun",
      problems: [404],
    },
  },
  "/api/gitops/events": {
    get: {
      id: "streamEvents",
      summary:
        "Streams events as server-sent events. Each event is a CloudEvents envelope. Send its id as Last-Event-ID to resume the stream after it.",
      response: "event",
      mediaType: "text/event-stream",
      query: eventsQuery,
      headers: { "Last-Event-ID": "resume after this event; 'since' is ignored" },
      problems: [410, 429],
    },
  },
  "/api/gitops/audit": {
    get: {
      id: "listAudit",
      summary: "Lists audit entries, newest first.",
      response: "audit",
      query: auditQuery,
      problems: [400],
    },
  },
  "/api/gitops/audit/chain": {
    get: {
      id: "readAuditChain",
      summary:
        "Returns the complete audit chain as NDJSON: all entries, then the recorded chain head.",
      response: "auditLine",
      mediaType: "application/x-ndjson",
    },
  },
  "/api/gitops/backup": {
    get: {
      id: "exportState",
      summary: "Returns a backup of all history as NDJSON: a manifest, the rows, and their digest.",
      response: "backupLine",
      mediaType: "application/x-ndjson",
    },
    post: {
      id: "importState",
      summary: "Restores a backup, sent as the body, into an empty database, in one transaction.",
      response: "restored",
      problems: [409, 422],
    },
  },
  "/health/gitops": {
    get: {
      id: "getGitopsHealth",
      summary: "Returns the health of the whole system, with status 503 if it is Unhealthy.",
      response: "gitopsHealth",
      alsoStatuses: [503],
      isPublic: true,
    },
  },
};

/** Builds the OpenAPI 3.1 document of the operator API from the schemas that validate its requests. */
export function openapiDocument(): object {
  return describeApi({
    title: "Honua GitOps operator API",
    version: "1.0.0",
    schemas: responseSchemas,
    parameters: { environment: environmentName },
    operations: OPERATIONS,
  });
}
