import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Log, principalOf, requireRole } from "@honua/service-kit";
import { type Request, Router } from "express";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import { exportState } from "../backup/export-state.ts";
import { existingHistory, importState } from "../backup/import-state.ts";
import { type Attempt, auditRefusedRequests } from "./audit-refused-requests.ts";
import type { OperatorApiDeps } from "./environment-routes.ts";

/** A whole backup, out and in, as it is read and written; never all of it in memory. */
export function backupRoutes({ database, tokens, log, ...deps }: OperatorApiDeps): Router {
  const router = Router();
  const recordAttempt = recordUnlessEmpty(database, deps.recordAttempt, log);
  const administer = requireRole(tokens, "admin");

  router.get("/backup", administer, async (_request, response) => {
    const { subject } = principalOf(response);
    await recordAttempt({ actor: `user:${subject}`, action: "state.export", outcome: "accepted" });
    log.info({ subject }, `${subject} takes a backup`);
    response.type("application/x-ndjson");
    try {
      await exportState(database(), new Date(), async (text) => {
        if (response.destroyed) throw new Error("whoever took the backup went away");
        if (!response.write(text)) {
          await Promise.race([once(response, "drain"), once(response, "close")]);
        }
      });
    } catch (error) {
      if (!response.headersSent) throw error;
      // The last line is missing, which whoever reads it notices.
      log.warn({ err: error, subject }, "A backup broke off");
      response.destroy();
      return;
    }
    response.end();
  });

  router.post("/backup", administer, async (request, response) => {
    const { subject } = principalOf(response);
    const rows = await importState(database(), readLines(request));
    await recordAttempt({
      actor: `user:${subject}`,
      action: "state.import",
      outcome: "done",
      detail: { rows },
    });
    log.info({ subject, rows }, `${subject} restored a backup`);
    response.json({ rows });
  });

  router.use(auditRefusedRequests({ recordAttempt, log }, attemptFromRequest));

  return router;
}

function attemptFromRequest({ method, path }: Request): Attempt | undefined {
  if (!/^\/backup\/?$/.test(path)) return undefined;
  return { action: method === "POST" ? "state.import" : "state.export" };
}

/**
 * An empty database must stay so, or no backup could be restored into it any more: what is tried there
 * is told in the log alone.
 */
function recordUnlessEmpty(
  database: OperatorApiDeps["database"],
  recordAttempt: RecordAttempt,
  log: Log,
): RecordAttempt {
  return async (attempt) => {
    const history = await database().read(existingHistory);
    if (history.length > 0) return recordAttempt(attempt);
    log.warn(
      attempt,
      `${attempt.actor}: ${attempt.action} of an empty database, ${attempt.outcome}`,
    );
  };
}

/** Begins to read when it is first asked: readline drops the lines that nobody waits for. */
async function* readLines(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
