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
import { PermanentError, principalOf, requireRole, TransientError } from "@honua/service-kit";
import express, { type Request, Router } from "express";
import { overrideWindow } from "../deployments/override-window.ts";
import { pauseEnvironment, resumeEnvironment } from "../environments/pause-environment.ts";
import { requestSync } from "../environments/request-sync.ts";
import { openRollback } from "../rollbacks/open-rollback.ts";
import { readStateDocument, requireEnvironment } from "../state-document/state-document.ts";
import { type Attempt, auditRefusedRequests } from "./audit-refused-requests.ts";
import { environmentParameter } from "./environment-parameter.ts";
import type { OperatorApiDeps } from "./environment-routes.ts";

/** Looking at Git includes fetching from it. */
const POLL_TIMEOUT_MS = 20_000;

/** What operators do to an environment. */
export function environmentControlRoutes(deps: OperatorApiDeps): Router {
  const { database, changeEnvironment, log } = deps;
  const router = Router();
  const operate = requireRole(deps.tokens, "operator");
  // A body is JSON whatever its Content-Type says: ignoring one would be worse.
  const json = express.json({ limit: "64kb", type: () => true });

  router.post("/environments/:environment/sync", operate, json, async (request, response) => {
    const environment = environmentParameter(request);
    const wanted = syncBody.parse(request.body ?? {});
    const { force, reason = "", overrideWindow: overriding, dryRun } = wanted;
    const { subject } = principalOf(response);
    const override = { environment, by: `user:${subject}`, reason, force };
    log.info(
      { environment, subject, force, overriding, dryRun, reason },
      `${dryRun ? "Dry run" : "Sync"} of ${environment} by ${subject}`,
    );
    if (overriding) await requireKnownEnvironment(request);
    if (overriding && !force) {
      // What waits already needs no look at Git.
      const commit = await overrideWindow(changeEnvironment, override);
      if (commit !== undefined) return void response.status(202).json({ commit, detected: false });
    }
    const bus = deps.bus();
    if (!bus) {
      throw new TransientError(ERROR_CODES.unavailable, "the message bus is not connected yet");
    }
    // Before it is done: nothing is asked of the watcher that the trail does not tell.
    await requestSync(deps, { ...override, dryRun, overrideWindow: overriding });
    const question = { environment, force, dryRun, requestedBy: `user:${subject}` };
    const answer = await bus.call(pollNow, question, { timeoutMs: POLL_TIMEOUT_MS });
    if (overriding && !answer.detected) throw nothingWaitsError(environment);
    if (overriding) {
      await overrideWindow(changeEnvironment, { ...override, commit: answer.commit });
    }
    response.status(202).json(answer);
  });

  router.post("/environments/:environment/pause", operate, json, async (request, response) => {
    const environment = await requireKnownEnvironment(request);
    const { reason } = pauseBody.parse(request.body ?? {});
    const { subject } = principalOf(response);
    await pauseEnvironment(changeEnvironment, { environment, reason, by: `user:${subject}` });
    log.info({ environment, subject, reason }, `${subject} paused ${environment}: ${reason}`);
    response.json(await readDocument(environment));
  });

  router.post("/environments/:environment/resume", operate, json, async (request, response) => {
    const environment = await requireKnownEnvironment(request);
    resumeBody.parse(request.body ?? {});
    const { subject } = principalOf(response);
    await resumeEnvironment(changeEnvironment, { environment, by: `user:${subject}` });
    log.info({ environment, subject }, `${subject} resumed ${environment}`);
    response.json(await readDocument(environment));
  });

  router.post("/environments/:environment/rollback", operate, json, async (request, response) => {
    const environment = await requireKnownEnvironment(request);
    const { to, reason } = rollbackBody.parse(request.body ?? {});
    const by = `user:${principalOf(response).subject}`;
    const wanted = { environment, to, reason, by, requestId: randomUUID() };
    response.status(202).json(await openRollback({ changeEnvironment, log }, wanted));
  });

  router.use(auditRefusedRequests(deps, attemptFromRequest));

  /** A change would make an environment that nobody knows, out of a slip of the keyboard. */
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

/** `environment.pause` and the like, on the environment of the path. */
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
    ERROR_CODES.illegalTransition,
    `nothing waits for a window in '${environment}', and Git has nothing new`,
  );
}
