import { once } from "node:events";
import { type AuditEntry, auditQuery, type Page, sequenceCursor } from "@honua/contracts";
import { requireRole } from "@honua/service-kit";
import { Router } from "express";
import { readAuditChain, readAuditEntries } from "../audit/read-audit.ts";
import { ndjsonLine } from "../ndjson/ndjson-line.ts";
import type { OperatorApiDeps } from "./environment-routes.ts";
import { decodeCursor, encodeCursor } from "./page-cursor.ts";

/** Who did what: page by page for people, and the whole chain for whoever checks it. */
export function auditRoutes({ database, tokens }: OperatorApiDeps): Router {
  const router = Router();
  const view = requireRole(tokens, "viewer");

  router.get("/audit", view, async (request, response) => {
    const { limit, cursor, ...filter } = auditQuery.parse(request.query);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, sequenceCursor);
    const entries = await database().read((reader) =>
      readAuditEntries(reader, { ...filter, limit: limit + 1, before }),
    );
    const items = entries.slice(0, limit);
    const last = entries.length > limit ? items.at(-1) : undefined;
    const page: Page<AuditEntry> = {
      items,
      next: last ? encodeCursor(String(last.sequence)) : null,
    };
    response.json(page);
  });

  // One entry a line, and last the recorded end: without it the answer was cut short.
  router.get("/audit/chain", view, async (_request, response) => {
    const chain = readAuditChain(database());
    const first = await chain.next();
    response.type("application/x-ndjson");
    for (let part = first; !part.done; part = await chain.next()) {
      const lines = "entries" in part.value ? part.value.entries : [part.value];
      const text = lines.map((line) => ndjsonLine(JSON.stringify(line))).join("");
      // A closed response emits neither 'drain' nor 'close' again, and would be awaited indefinitely.
      if (response.destroyed) return;
      if (!response.write(text))
        await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    response.end();
  });

  return router;
}
