import type { Express } from "express";
import { readGitopsHealth } from "../health/read-gitops-health.ts";
import { auditRoutes } from "./audit-routes.ts";
import { backupRoutes } from "./backup-routes.ts";
import { deploymentRoutes } from "./deployment-routes.ts";
import { dryRunRoutes } from "./dry-run-routes.ts";
import { environmentControlRoutes } from "./environment-control-routes.ts";
import { environmentRoutes } from "./environment-routes.ts";
import { type EventRouteDeps, eventRoutes } from "./event-routes.ts";
import { openapiDocument } from "./openapi.ts";

/** The HTTP routes of this service, except those that every service has. */
export function stateRoutes(deps: EventRouteDeps): (app: Express) => void {
  return (app) => {
    app.get("/health/gitops", async (_request, response) => {
      const health = await readGitopsHealth(deps);
      response.status(health.status === "Unhealthy" ? 503 : 200).json(health);
    });
    const openapi = openapiDocument();
    app.get("/api/openapi.json", (_request, response) => {
      response.json(openapi);
    });
    app.use(
      "/api/gitops",
      environmentRoutes(deps),
      deploymentRoutes(deps),
      dryRunRoutes(deps),
      auditRoutes(deps),
      environmentControlRoutes(deps),
      backupRoutes(deps),
      eventRoutes(deps),
    );
  };
}
