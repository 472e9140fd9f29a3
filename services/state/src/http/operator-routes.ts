import {
  type DeploymentSummary,
  ERROR_CODES,
  environmentName,
  listQuery,
  type Page,
  pollNow,
  syncBody,
} from "@honua/contracts";
import {
  type Bus,
  type ConfiguredToken,
  type Log,
  PermanentError,
  principalOf,
  requireRole,
  TransientError,
} from "@honua/service-kit";
import express, { Router } from "express";
import type { Database } from "../database/database.ts";
import { readDeployment } from "../deployments/read-deployments.ts";
import { readSummaries } from "../environments/deployment-summaries.ts";
import { readAllStateDocuments, readStateDocument } from "../environments/state-document.ts";
import { decodeCursor, encodeCursor } from "./page-cursor.ts";

export interface OperatorApiDeps {
  database: () => Database;
  bus: () => Bus | undefined;
  tokens: readonly ConfiguredToken[];
  log: Log;
}

/** Looking at Git includes fetching from it. */
const POLL_TIMEOUT_MS = 20_000;

/** What operators read, and the one thing they start. */
export function operatorRoutes(deps: OperatorApiDeps): Router {
  const { database } = deps;
  const router = Router();
  const view = requireRole(deps.tokens, "viewer");
  const operate = requireRole(deps.tokens, "operator");
  // A body is JSON whatever its Content-Type says: ignoring one would be worse.
  const json = express.json({ limit: "64kb", type: () => true });

  router.get("/environments", view, async (_request, response) => {
    const items = await database().snapshot(readAllStateDocuments);
    response.json({ items, next: null });
  });

  router.get("/environments/:environment", view, async (request, response) => {
    const name = environmentName.parse(request.params.environment);
    response.json(await database().snapshot((reader) => readStateDocument(reader, name)));
  });

  router.get("/environments/:environment/deployments", view, async (request, response) => {
    const name = environmentName.parse(request.params.environment);
    const { limit, cursor } = listQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor);
    const rows = await database().read((reader) =>
      readSummaries(reader, name, { limit: limit + 1, before }),
    );
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
    response.json(plan);
  });

  router.post("/environments/:environment/sync", operate, json, async (request, response) => {
    const environment = environmentName.parse(request.params.environment);
    const { force, reason } = syncBody.parse(request.body ?? {});
    const { subject } = principalOf(response);
    const bus = deps.bus();
    if (!bus) {
      throw new TransientError(ERROR_CODES.unavailable, "the message bus is not connected yet");
    }
    deps.log.info({ environment, subject, force, reason }, `Sync of ${environment} by ${subject}`);
    const question = { environment, force, requestedBy: `user:${subject}` };
    const answer = await bus.call(pollNow, question, { timeoutMs: POLL_TIMEOUT_MS });
    response.status(202).json(answer);
  });

  return router;
}
