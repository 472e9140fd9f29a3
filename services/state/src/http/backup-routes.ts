import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { principalOf, requireRole } from "@honua/service-kit";
import { Router } from "express";
import { exportState } from "../backup/export-state.ts";
import { importState } from "../backup/import-state.ts";
import type { OperatorApiDeps } from "./operator-routes.ts";

/** A whole backup, out and in, as it is read and written; never all of it in memory. */
export function backupRoutes({ database, tokens, recordAttempt, log }: OperatorApiDeps): Router {
  const router = Router();
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
    const rows = await importState(database(), linesOf(request));
    await recordAttempt({
      actor: `user:${subject}`,
      action: "state.import",
      outcome: "done",
      detail: { rows },
    });
    log.info({ subject, rows }, `${subject} restored a backup`);
    response.json({ rows });
  });

  return router;
}

/** Begins to read when it is first asked: readline drops the lines that nobody waits for. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
