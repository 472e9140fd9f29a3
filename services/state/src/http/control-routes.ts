import { randomUUID } from "node:crypto";
import {
  ERROR_CODES,
  environmentName,
  pauseBody,
  pollNow,
  resumeBody,
  rollbackBody,
  syncBody,
} from "@honua/contracts";
import { principalOf, requireRole, TransientError } from "@honua/service-kit";
import express, { Router } from "express";
import { openRollback } from "../deployments/open-rollback.ts";
import { pauseEnvironment, resumeEnvironment } from "../environments/pause-environment.ts";
import { readStateDocument, requireEnvironment } from "../environments/state-document.ts";
import type { OperatorApiDeps } from "./operator-routes.ts";

/** Looking at Git includes fetching from it. */
const POLL_TIMEOUT_MS = 20_000;

/** What operators do to an environment. */
export function controlRoutes(deps: OperatorApiDeps): Router {
  const { database, changeEnvironment, log } = deps;
  const router = Router();
  const operate = requireRole(deps.tokens, "operator");
  // A body is JSON whatever its Content-Type says: ignoring one would be worse.
  const json = express.json({ limit: "64kb", type: () => true });

  router.post("/environments/:environment/sync", operate, json, async (request, response) => {
    const environment = environmentName.parse(request.params.environment);
    const { force, reason } = syncBody.parse(request.body ?? {});
    const { subject } = principalOf(response);
    const bus = deps.bus();
    if (!bus) {
      throw new TransientError(ERROR_CODES.unavailable, "the message bus is not connected yet");
    }
    log.info({ environment, subject, force, reason }, `Sync of ${environment} by ${subject}`);
    const question = { environment, force, requestedBy: `user:${subject}` };
    const answer = await bus.call(pollNow, question, { timeoutMs: POLL_TIMEOUT_MS });
    response.status(202).json(answer);
  });

  router.post("/environments/:environment/pause", operate, json, async (request, response) => {
    const environment = await knownEnvironment(request.params.environment);
    const { reason } = pauseBody.parse(request.body ?? {});
    const { subject } = principalOf(response);
    await pauseEnvironment(changeEnvironment, { environment, reason, by: `user:${subject}` });
    log.info({ environment, subject, reason }, `${subject} paused ${environment}: ${reason}`);
    response.json(await document(environment));
  });

  router.post("/environments/:environment/resume", operate, json, async (request, response) => {
    const environment = await knownEnvironment(request.params.environment);
    resumeBody.parse(request.body ?? {});
    const { subject } = principalOf(response);
    await resumeEnvironment(changeEnvironment, { environment, by: `user:${subject}` });
    log.info({ environment, subject }, `${subject} resumed ${environment}`);
    response.json(await document(environment));
  });

  router.post("/environments/:environment/rollback", operate, json, async (request, response) => {
    const environment = await knownEnvironment(request.params.environment);
    const { to, reason } = rollbackBody.parse(request.body ?? {});
    const by = `user:${principalOf(response).subject}`;
    const wanted = { environment, to, reason, by, requestId: randomUUID() };
    response.status(202).json(await openRollback({ changeEnvironment, log }, wanted));
  });

  /** A change would make an environment that nobody knows, out of a slip of the keyboard. */
  async function knownEnvironment(name: unknown): Promise<string> {
    const environment = environmentName.parse(name);
    await database().read((reader) => requireEnvironment(reader, environment));
    return environment;
  }

  function document(environment: string) {
    return database().snapshot((reader) => readStateDocument(reader, environment));
  }

  return router;
}
