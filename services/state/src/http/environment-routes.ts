import {
  ERROR_CODES,
  environmentName,
  environmentsQuery,
  listQuery,
  sequenceCursor,
} from "@honua/contracts";
import {
  type AcceptedTokens,
  type Bus,
  type Log,
  PermanentError,
  requireRole,
} from "@honua/service-kit";
import { Router } from "express";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import { readDeploymentSummaries } from "../deployments/deployment-summaries.ts";
import { readPlanDocument } from "../deployments/plan-document.ts";
import { readDeployment } from "../deployments/read-deployments.ts";
import { findDryRun } from "../dry-runs/read-dry-runs.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { readLiveRelease } from "../releases/live-release.ts";
import {
  readStateDocument,
  readStateDocuments,
  requireEnvironment,
} from "../state-document/state-document.ts";
import { environmentParameter } from "./environment-parameter.ts";
import { listPage } from "./list-page.ts";
import { decodeCursor } from "./page-cursor.ts";

export interface OperatorApiDeps {
  database: () => Database;
  bus: () => Bus | undefined;
  changeEnvironment: ChangeEnvironment;
  recordAttempt: RecordAttempt;
  tokens: AcceptedTokens;
  log: Log;
}

/** What operators read. */
export function environmentRoutes(deps: OperatorApiDeps): Router {
  const { database } = deps;
  const router = Router();
  const view = requireRole(deps.tokens, "viewer");

  router.get("/environments", view, async (request, response) => {
    const { limit, cursor } = environmentsQuery.parse(request.query);
    const after = cursor === undefined ? undefined : decodeCursor(cursor, environmentName);
    const documents = await database().snapshot((reader) =>
      readStateDocuments(reader, { after, limit: limit + 1 }),
    );
    response.json(
      listPage(documents, limit, { item: (state) => state, key: ({ environment }) => environment }),
    );
  });

  router.get("/environments/:environment", view, async (request, response) => {
    const name = environmentParameter(request);
    response.json(await database().snapshot((reader) => readStateDocument(reader, name)));
  });

  router.get("/environments/:environment/release", view, async (request, response) => {
    const name = environmentParameter(request);
    response.json(await database().snapshot((reader) => readLiveRelease(reader, name)));
  });

  router.get("/environments/:environment/deployments", view, async (request, response) => {
    const name = environmentParameter(request);
    const { limit, cursor, state } = listQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, sequenceCursor);
    const rows = await database().read(async (reader) => {
      await requireEnvironment(reader, name);
      return readDeploymentSummaries(reader, name, { limit: limit + 1, before, states: state });
    });
    response.json(
      listPage(rows, limit, { item: ({ summary }) => summary, key: ({ sequence }) => sequence }),
    );
  });

  router.get("/deployments/:id", view, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    response.json(await database().read((reader) => readDeployment(reader, id)));
  });

  router.get("/deployments/:id/plan", view, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    const dryRun = await database().read((reader) => findDryRun(reader, id));
    const { plan, state } = dryRun
      ? { plan: dryRun.plan, state: `a dry run that failed: ${dryRun.errorMessage}` }
      : await database().read((reader) => readDeployment(reader, id));
    if (!plan) {
      throw new PermanentError(ERROR_CODES.notFound, `${id} has no plan: it is ${state}`);
    }
    const whole = plan.omitted
      ? await database().read((reader) => readPlanDocument(reader, id))
      : undefined;
    if (whole === undefined) response.json(plan);
    else response.type("application/json").send(whole);
  });

  return router;
}
