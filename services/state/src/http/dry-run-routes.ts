import { dryRunsQuery, sequenceCursor } from "@honua/contracts";
import { requireRole } from "@honua/service-kit";
import { Router } from "express";
import { readDryRun, readDryRuns } from "../dry-runs/read-dry-runs.ts";
import { requireEnvironment } from "../environments/read-environments.ts";
import { environmentParameter } from "./environment-parameter.ts";
import { listPage } from "./list-page.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";
import { decodeCursor } from "./page-cursor.ts";

/** The routes that read dry runs. */
export function dryRunRoutes({ database, tokens }: OperatorApiDeps): Router {
  const router = Router();
  const requireViewer = requireRole(tokens, "viewer");

  router.get("/environments/:environment/dry-runs", requireViewer, async (request, response) => {
    const name = environmentParameter(request);
    const { limit, cursor, requestId } = dryRunsQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, sequenceCursor);
    const rows = await database().read(async (reader) => {
      // The dry run of a request, and its environment, may not exist yet.
      if (requestId === undefined) await requireEnvironment(reader, name);
      return readDryRuns(reader, name, { limit: limit + 1, before, requestId });
    });
    response.json(
      listPage(rows, limit, { item: ({ summary }) => summary, key: ({ sequence }) => sequence }),
    );
  });

  router.get("/dry-runs/:id", requireViewer, async (request, response) => {
    const { id = "" } = request.params as { id?: string };
    response.json(await database().read((reader) => readDryRun(reader, id)));
  });

  return router;
}
