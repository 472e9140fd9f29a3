import {
  type DeploymentSummary,
  type EnvironmentState,
  ERROR_CODES,
  environmentName,
  environmentsQuery,
  listQuery,
  type Page,
  sequenceCursor,
} from "@honua/contracts";
import {
  type Bus,
  type ConfiguredToken,
  type Log,
  PermanentError,
  requireRole,
} from "@honua/service-kit";
import { Router } from "express";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import { readPlanDocument } from "../deployments/plan-document.ts";
import { readDeployment } from "../deployments/read-deployments.ts";
import { readSummaries } from "../environments/deployment-summaries.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import {
  readStateDocument,
  readStateDocuments,
  requireEnvironment,
} from "../environments/state-document.ts";
import { decodeCursor, encodeCursor } from "./page-cursor.ts";

export interface OperatorApiDeps {
  database: () => Database;
  bus: () => Bus | undefined;
  changeEnvironment: ChangeEnvironment;
  tokens: readonly ConfiguredToken[];
  recordAttempt: RecordAttempt;
  log: Log;
}

/** What operators read. */
export function operatorRoutes(deps: OperatorApiDeps): Router {
  const { database } = deps;
  const router = Router();
  const view = requireRole(deps.tokens, "viewer");

  router.get("/environments", view, async (request, response) => {
    const { limit, cursor } = environmentsQuery.parse(request.query);
    const after = cursor === undefined ? undefined : decodeCursor(cursor, environmentName);
    const documents = await database().snapshot((reader) =>
      readStateDocuments(reader, { after, limit: limit + 1 }),
    );
    const items = documents.slice(0, limit);
    const last = documents.length > limit ? items.at(-1) : undefined;
    const page: Page<EnvironmentState> = {
      items,
      next: last ? encodeCursor(last.environment) : null,
    };
    response.json(page);
  });

  router.get("/environments/:environment", view, async (request, response) => {
    const name = environmentName.parse(request.params.environment);
    response.json(await database().snapshot((reader) => readStateDocument(reader, name)));
  });

  router.get("/environments/:environment/deployments", view, async (request, response) => {
    const name = environmentName.parse(request.params.environment);
    const { limit, cursor, state } = listQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, sequenceCursor);
    const rows = await database().read(async (reader) => {
      await requireEnvironment(reader, name);
      return readSummaries(reader, name, { limit: limit + 1, before, states: state });
    });
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const page: Page<DeploymentSummary> = {
      items: shown.map(({ summary }) => summary),
      next: last ? encodeCursor(last.sequence) : null,
    };
    response.json(page);
  });

  router.get("/deployments/:id", view, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    response.json(await database().read((reader) => readDeployment(reader, id)));
  });

  router.get("/deployments/:id/plan", view, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    const { plan, state } = await database().read((reader) => readDeployment(reader, id));
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
