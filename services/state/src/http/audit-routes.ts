import { type AuditEntry, auditQuery, type Page, sequenceCursor } from "@honua/contracts";
import { requireRole } from "@honua/service-kit";
import { Router } from "express";
import { readAuditChain, readAuditEntries } from "../audit/read-audit.ts";
import { ndjsonLine } from "../ndjson/ndjson-line.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";
import { decodeCursor, encodeCursor } from "./page-cursor.ts";
import { writeWithBackpressure } from "./write-with-backpressure.ts";

/** The routes that read the audit trail: pages for operators, and the complete chain for verifiers. */
export function auditRoutes({ database, tokens }: OperatorApiDeps): Router {
  const router = Router();
  const requireViewer = requireRole(tokens, "viewer");

  router.get("/audit", requireViewer, async (request, response) => {
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

  // One entry per line, then the recorded chain head. Without the head, the response was truncated.
  router.get("/audit/chain", requireViewer, async (_request, response) => {
    const chain = readAuditChain(database());
    const first = await chain.next();
    response.type("application/x-ndjson");
    for (let part = first; !part.done; part = await chain.next()) {
      const lines = "entries" in part.value ? part.value.entries : [part.value];
      const text = lines.map((line) => ndjsonLine(JSON.stringify(line))).join("");
      if (response.destroyed) return;
      await writeWithBackpressure(response, text);
    }
    response.end();
  });

  return router;
}
