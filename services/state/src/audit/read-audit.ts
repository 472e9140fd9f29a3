import { type ChainHead, EMPTY_CHAIN } from "@honua/audit";
import type { AuditEntry, AuditQuery } from "@honua/contracts";
import type { Selectable } from "kysely";
import type { Database, Reader } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Entries per batch when the complete chain is read. */
const BATCH_ENTRIES = 1_000;

/**
 * Reads audit entries, newest first.
 *
 * @param query.before sequence below which the page starts (keyset cursor)
 */
export async function readAuditEntries(
  reader: Reader,
  query: Pick<AuditQuery, "environment" | "actor" | "action" | "limit"> & {
    before?: string | undefined;
  },
): Promise<AuditEntry[]> {
  const { environment, actor, action, limit, before } = query;
  let select = reader.selectFrom("audit").selectAll().orderBy("sequence", "desc").limit(limit);
  if (environment !== undefined) select = select.where("environment", "=", environment);
  if (actor !== undefined) select = select.where("actor", "=", actor);
  if (action !== undefined) select = select.where("action", "=", action);
  if (before !== undefined) select = select.where("sequence", "<", before);
  return (await select.execute()).map(auditEntryFromRow);
}

/** Reads the recorded head of the chain. */
export async function readChainHead(reader: Reader): Promise<ChainHead> {
  const row = await reader.selectFrom("audit_head").select(["sequence", "hash"]).executeTakeFirst();
  return row ? { sequence: Number(row.sequence), hash: row.hash } : EMPTY_CHAIN;
}

/**
 * Reads the chain from its first entry in batches, followed by its recorded head. The head and the last
 * batch are read in one snapshot, so that missing entries at the end are detected.
 */
export async function* readAuditChain(
  database: Database,
): AsyncGenerator<{ entries: AuditEntry[] } | { head: ChainHead }> {
  for (let after = 0; ; ) {
    const { entries, head } = await database.snapshot(async (reader) => ({
      entries: await readChainBatch(reader, after),
      head: await readChainHead(reader),
    }));
    if (entries.length > 0) yield { entries };
    if (entries.length < BATCH_ENTRIES) return yield { head };
    after = entries.at(-1)?.sequence ?? after;
  }
}

/** Reads the next entries after a sequence. A batch of fewer than 1,000 entries is the last one. */
export async function readChainBatch(reader: Reader, after: number): Promise<AuditEntry[]> {
  const rows = await reader
    .selectFrom("audit")
    .selectAll()
    .where("sequence", ">", String(after))
    .orderBy("sequence")
    .limit(BATCH_ENTRIES)
    .execute();
  return rows.map(auditEntryFromRow);
}

function auditEntryFromRow(row: Selectable<Tables["audit"]>): AuditEntry {
  return {
    sequence: Number(row.sequence),
    at: row.at.toISOString(),
    environment: row.environment,
    actor: row.actor,
    recordedBy: row.recorded_by,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    detail: row.detail,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
