import { randomUUID } from "node:crypto";
import {
  environmentName,
  pauseBody,
  pollNow,
  resumeBody,
  rollbackBody,
  syncBody,
} from "@honua/contracts";
import { PermanentError, principalOf, requireRole, TransientError } from "@honua/service-kit";
import express, { type Request, Router } from "express";
import { overrideWindow } from "../deployments/override-window.ts";
import { pauseEnvironment, resumeEnvironment } from "../environments/pause-environment.ts";
import { requireEnvironment } from "../environments/read-environments.ts";
import { requestSync } from "../environments/request-sync.ts";
import { openRollback } from "../rollbacks/open-rollback.ts";
import { readStateDocument } from "../state-document/state-document.ts";
import { type Attempt, auditRefusedRequests } from "./audit-refused-requests.ts";
import { environmentParameter } from "./environment-parameter.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";

/** A poll includes a Git fetch, so it may take long. */
const POLL_TIMEOUT_MS = 20_000;

/** The routes that change an environment: sync, pause, resume and rollback. */
export function environmentControlRoutes(deps: OperatorApiDeps): Router {
  const { database, changeEnvironment, log } = deps;
  const router = Router();
  const requireOperator = requireRole(deps.tokens, "operator");
  // Every body is parsed as JSON, because Express silently ignores a body of another Content-Type.
  const json = express.json({ limit: "64kb", type: () => true });

  router.post(
    "/environments/:environment/sync",
    requireOperator,
    json,
    async (request, response) => {
      const environment = environmentParameter(request);
      const body = syncBody.parse(request.body ?? {});
      const { force, reason = "", overrideWindow: overriding, dryRun } = body;
      const { subject } = principalOf(response);
      const override = { environment, by: `user:${subject}`, reason, force };
      log.info(
        { environment, subject, force, overriding, dryRun, reason },
        `${dryRun ? "Dry run" : "Sync"} of ${environment} by ${subject}`,
      );
      if (overriding) await requireKnownEnvironment(request);
      if (overriding && !force) {
        // A deployment that is already waiting needs no poll.
        const commit = await overrideWindow(changeEnvironment, override);
        if (commit !== undefined)
          return void response.status(202).json({ commit, detected: false });
      }
      const bus = deps.bus();
      if (!bus) {
        throw new TransientError("unavailable", "The message bus is not connected yet.");
      }
      // Audited before the call, so that the audit trail contains every request to the watcher.
      await requestSync(deps, { ...override, dryRun, overrideWindow: overriding });
      const pollRequest = { environment, force, dryRun, requestedBy: `user:${subject}` };
      const poll = await bus.call(pollNow, pollRequest, { timeoutMs: POLL_TIMEOUT_MS });
      if (overriding && !poll.detected) throw nothingWaitsError(environment);
      if (overriding) {
        await overrideWindow(changeEnvironment, { ...override, commit: poll.commit });
      }
      response.status(202).json(poll);
    },
  );

  router.post(
    "/environments/:environment/pause",
    requireOperator,
    json,
    async (request, response) => {
      const environment = await requireKnownEnvironment(request);
      const { reason } = pauseBody.parse(request.body ?? {});
      const { subject } = principalOf(response);
      await pauseEnvironment(changeEnvironment, { environment, reason, by: `user:${subject}` });
      log.info({ environment, subject, reason }, `Paused environment '${environment}': ${reason}`);
      response.json(await readDocument(environment));
    },
  );

  router.post(
    "/environments/:environment/resume",
    requireOperator,
    json,
    async (request, response) => {
      const environment = await requireKnownEnvironment(request);
      resumeBody.parse(request.body ?? {});
      const { subject } = principalOf(response);
      await resumeEnvironment(changeEnvironment, { environment, by: `user:${subject}` });
      log.info({ environment, subject }, `Resumed environment '${environment}'`);
      response.json(await readDocument(environment));
    },
  );

  router.post(
    "/environments/:environment/rollback",
    requireOperator,
    json,
    async (request, response) => {
      const environment = await requireKnownEnvironment(request);
      const { to, reason } = rollbackBody.parse(request.body ?? {});
      const by = `user:${principalOf(response).subject}`;
      const rollback = { environment, to, reason, by, requestId: randomUUID() };
      response.status(202).json(await openRollback({ changeEnvironment, log }, rollback));
    },
  );

  router.use(auditRefusedRequests(deps, attemptFromRequest));

  /** Requires an existing environment, because a change would create one from a mistyped name. */
  async function requireKnownEnvironment(request: Request): Promise<string> {
    const environment = environmentParameter(request);
    await database().read((reader) => requireEnvironment(reader, environment));
    return environment;
  }

  function readDocument(environment: string) {
    return database().snapshot((reader) => readStateDocument(reader, environment));
  }

  return router;
}

/** Derives the audited action from the path, such as `environment.pause`. */
function attemptFromRequest({ method, path }: Request): Attempt | undefined {
  const [, name, verb] = /^\/environments\/([^/]+)\/([a-z-]+)\/?$/.exec(path) ?? [];
  if (method === "GET" || verb === undefined) return undefined;
  const environment = environmentName.safeParse(name);
  return {
    environment: environment.success ? environment.data : null,
    action: `environment.${verb}`,
  };
}

function nothingWaitsError(environment: string): PermanentError {
  return new PermanentError(
    "illegal-transition",
    `No deployment of environment '${environment}' is waiting for a window, and Git has no new commit.`,
  );
}
