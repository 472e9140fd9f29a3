import {
  deploymentsQuery,
  environmentName,
  environmentsQuery,
  sequenceCursor,
} from "@honua/contracts";
import { requireRole } from "@honua/service-kit";
import { Router } from "express";
import { readDeploymentSummaries } from "../deployments/deployment-summaries.ts";
import { readLiveRelease } from "../deployments/live-release.ts";
import { requireEnvironment } from "../environments/read-environments.ts";
import { readStateDocument, readStateDocuments } from "../state-document/state-document.ts";
import { environmentParameter } from "./environment-parameter.ts";
import { listPage } from "./list-page.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";
import { decodeCursor } from "./page-cursor.ts";

/** The routes that read environments. */
export function environmentRoutes({ database, tokens }: OperatorApiDeps): Router {
  const router = Router();
  const requireViewer = requireRole(tokens, "viewer");

  router.get("/environments", requireViewer, async (request, response) => {
    const { limit, cursor } = environmentsQuery.parse(request.query);
    const after = cursor === undefined ? undefined : decodeCursor(cursor, environmentName);
    const documents = await database().snapshot((reader) =>
      readStateDocuments(reader, { after, limit: limit + 1 }),
    );
    response.json(
      listPage(documents, limit, { item: (state) => state, key: ({ environment }) => environment }),
    );
  });

  router.get("/environments/:environment", requireViewer, async (request, response) => {
    const name = environmentParameter(request);
    response.json(await database().snapshot((reader) => readStateDocument(reader, name)));
  });

  router.get("/environments/:environment/release", requireViewer, async (request, response) => {
    const name = environmentParameter(request);
    response.json(await database().snapshot((reader) => readLiveRelease(reader, name)));
  });

  router.get("/environments/:environment/deployments", requireViewer, async (request, response) => {
    const name = environmentParameter(request);
    const { limit, cursor, state } = deploymentsQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, sequenceCursor);
    const rows = await database().read(async (reader) => {
      await requireEnvironment(reader, name);
      return readDeploymentSummaries(reader, name, { limit: limit + 1, before, states: state });
    });
    response.json(
      listPage(rows, limit, { item: ({ summary }) => summary, key: ({ sequence }) => sequence }),
    );
  });

  return router;
}
