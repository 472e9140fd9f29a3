import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Log, principalOf, requireRole } from "@honua/service-kit";
import { type Request, Router } from "express";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import { exportState } from "../backup/export-state.ts";
import { existingHistory, importState } from "../backup/import-state.ts";
import { type Attempt, auditRefusedRequests } from "./audit-refused-requests.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";
import { writeWithBackpressure } from "./write-with-backpressure.ts";

/** The routes that export and import a backup. Both stream it, so it is never completely in memory. */
export function backupRoutes({ database, tokens, log, ...deps }: OperatorApiDeps): Router {
  const router = Router();
  const recordAttempt = recordUnlessEmpty(database, deps.recordAttempt, log);
  const requireAdmin = requireRole(tokens, "admin");

  router.get("/backup", requireAdmin, async (_request, response) => {
    const { subject } = principalOf(response);
    await recordAttempt({ actor: `user:${subject}`, action: "state.export", outcome: "accepted" });
    log.info({ subject }, `Exporting a backup for ${subject}`);
    response.type("application/x-ndjson");
    try {
      await exportState(database(), new Date(), async (text) => {
        if (response.destroyed) throw new Error("The client disconnected during the backup.");
        await writeWithBackpressure(response, text);
      });
    } catch (error) {
      if (!response.headersSent) throw error;
      // The client detects the truncation, because the last line is missing.
      log.warn({ err: error, subject }, "The backup export was aborted");
      response.destroy();
      return;
    }
    response.end();
  });

  router.post("/backup", requireAdmin, async (request, response) => {
    const { subject } = principalOf(response);
    const rows = await importState(database(), readLines(request));
    await recordAttempt({
      actor: `user:${subject}`,
      action: "state.import",
      outcome: "done",
      detail: { rows },
    });
    log.info({ subject, rows }, `Restored a backup for ${subject}`);
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
 * Records an attempt, but only logs it if the database is empty: an audit entry would make the database
 * non-empty, and then no backup could be restored into it.
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
      `${attempt.action} on an empty database by ${attempt.actor}: ${attempt.outcome}`,
    );
  };
}

/** Starts to read on the first iteration, because readline drops lines that are not awaited. */
async function* readLines(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
