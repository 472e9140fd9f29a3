import { createChainVerifier } from "@honua/audit";
import type { BackupEnd } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { sql, type Transaction } from "kysely";
import { readChainBatch, readChainHead } from "../audit/read-audit.ts";
import type { Database, Reader } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { BackupImport } from "./backup-import.ts";
import { BACKUP_PARTS } from "./backup-parts.ts";
import { damagedBackup } from "./damaged-backup.ts";

/**
 * Restores a backup into an empty database, in one transaction.
 *
 * @returns the number of restored rows per table
 * @throws PermanentError `damaged-backup` if the backup is truncated, modified or has a broken audit
 *   chain; `newer-backup`; `illegal-transition` if the database is not empty
 */
export function importState(
  database: Database,
  lines: AsyncIterable<string>,
): Promise<BackupEnd["rows"]> {
  return database.transaction(async (transaction) => {
    await requireEmptyDatabase(transaction);
    const backup = new BackupImport(transaction);
    for await (const line of lines) await backup.addLine(line);
    const rows = await backup.finish();
    await advanceSequences(transaction);
    await requireIntactAuditChain(transaction);
    return rows;
  });
}

/** Locks the tables first, so that no other process can start to write during the import. */
async function requireEmptyDatabase(transaction: Transaction<Tables>): Promise<void> {
  await sql`lock table environments, deployments in exclusive mode`.execute(transaction);
  const found = await existingHistory(transaction);
  if (found.length === 0) return;
  throw new PermanentError(
    "illegal-transition",
    `The database is not empty: it contains ${found.join(" and ")}. ` +
      "Restore the backup into a new database, before you start the watcher.",
  );
}

/** Names the existing data that prevents a restore into this database. */
export async function existingHistory(reader: Reader): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`
    select 'environments' as what where exists (select 1 from environments)
    union all select 'an audit trail' where exists (select 1 from audit)
  `.execute(reader);
  return rows.map(({ what }) => what);
}

/** Moves each identity sequence past the restored rows. */
async function advanceSequences(transaction: Transaction<Tables>): Promise<void> {
  for (const { table, identity } of BACKUP_PARTS) {
    if (identity === undefined) continue;
    await sql`select setval(pg_get_serial_sequence(${table}, ${identity}),
      coalesce((select max(${sql.id(identity)}) from ${sql.table(table)}), 0) + 1, false)`.execute(
      transaction,
    );
  }
}

async function requireIntactAuditChain(transaction: Transaction<Tables>): Promise<void> {
  const verifier = createChainVerifier();
  for (;;) {
    const entries = await readChainBatch(transaction, verifier.head().sequence);
    if (entries.length === 0) break;
    for (const entry of entries) {
      const problem = verifier.verifyNext(entry);
      if (problem) throw damagedBackup(`its audit chain is broken: ${problem.message}`);
    }
  }
  const problem = verifier.verifyEnd(await readChainHead(transaction));
  if (problem) throw damagedBackup(`its audit chain is broken: ${problem.message}`);
}
