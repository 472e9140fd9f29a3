import { dryRunsQuery, sequenceCursor } from "@honua/contracts";
import { requireRole } from "@honua/service-kit";
import { Router } from "express";
import { readDryRun, readDryRuns } from "../dry-runs/read-dry-runs.ts";
import { requireEnvironment } from "../state-document/state-document.ts";
import { environmentParameter } from "./environment-parameter.ts";
import type { OperatorApiDeps } from "./environment-routes.ts";
import { listPage } from "./list-page.ts";
import { decodeCursor } from "./page-cursor.ts";

/** What was planned and not deployed. */
export function dryRunRoutes({ database, tokens }: OperatorApiDeps): Router {
  const router = Router();
  const view = requireRole(tokens, "viewer");

  router.get("/environments/:environment/dry-runs", view, async (request, response) => {
    const name = environmentParameter(request);
    const { limit, cursor, requestId } = dryRunsQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, sequenceCursor);
    const rows = await database().read(async (reader) => {
      // One that was asked for may not be there yet, and neither may its environment.
      if (requestId === undefined) await requireEnvironment(reader, name);
      return readDryRuns(reader, name, { limit: limit + 1, before, requestId });
    });
    response.json(
      listPage(rows, limit, { item: ({ summary }) => summary, key: ({ sequence }) => sequence }),
    );
  });

  router.get("/dry-runs/:id", view, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    response.json(await database().read((reader) => readDryRun(reader, id)));
  });

  return router;
}
