import { PermanentError, requireRole } from "@honua/service-kit";
import { Router } from "express";
import { readPlanDocument } from "../deployments/plan-document.ts";
import { readDeployment } from "../deployments/read-deployments.ts";
import { findDryRun } from "../dry-runs/read-dry-runs.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";

/** The routes that read one deployment and its plan. */
export function deploymentRoutes({ database, tokens }: OperatorApiDeps): Router {
  const router = Router();
  const requireViewer = requireRole(tokens, "viewer");

  router.get("/deployments/:id", requireViewer, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    response.json(await database().read((reader) => readDeployment(reader, id)));
  });

  router.get("/deployments/:id/plan", requireViewer, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    const dryRun = await database().read((reader) => findDryRun(reader, id));
    const { plan, state } = dryRun
      ? { plan: dryRun.plan, state: `a failed dry run (${dryRun.errorMessage})` }
      : await database().read((reader) => readDeployment(reader, id));
    if (!plan) {
      throw new PermanentError("not-found", `${id} has no plan: it is ${state}.`);
    }
    const completePlan = plan.omitted
      ? await database().read((reader) => readPlanDocument(reader, id))
      : undefined;
    if (completePlan === undefined) response.json(plan);
    else response.type("application/json").send(completePlan);
  });

  return router;
}
