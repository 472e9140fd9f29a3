import { createHash } from "node:crypto";
import type { BackupEnd, BackupManifest } from "@honua/contracts";
import { sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import { MIGRATION_NAMES } from "../database/migrate-database.ts";
import type { Tables } from "../database/tables.ts";
import { ndjsonLine } from "../ndjson/ndjson-line.ts";
import { BACKUP_PARTS } from "./backup-parts.ts";

/** A row may contain a complete bundle, so batches are small to bound memory. */
const BATCH_ROWS = 50;

/**
 * Writes a consistent snapshot of all history: a manifest, the rows, and an end with their digest.
 *
 * @param write resolves when the receiver is ready for more (backpressure)
 */
export async function exportState(
  database: Database,
  now: Date,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const hash = createHash("sha256");
  const put = (text: string) => {
    hash.update(text);
    return write(text);
  };
  await database.snapshot(async (transaction) => {
    const columns: BackupManifest["columns"] = {};
    for (const part of BACKUP_PARTS) {
      const all =
        part.only ?? (await readColumnNames(transaction as Transaction<Tables>, part.table));
      columns[part.name] = all.filter((column) => !part.except?.includes(column));
    }
    const manifest: BackupManifest = {
      format: "honua-state",
      version: 1,
      schema: MIGRATION_NAMES.at(-1) ?? "",
      takenAt: now.toISOString(),
      columns,
    };
    await put(`${JSON.stringify(manifest)}\n`);
    const rows: BackupEnd["rows"] = {};
    for (const part of BACKUP_PARTS) {
      const select = (columns[part.name] ?? []).map((column) => `"${column}"`).join(", ");
      // Raw SQL is safe: all names are constants. `row_to_json` keeps every value exactly.
      const declaration = `declare backup no scroll cursor for select row_to_json(part)::text as row
        from (select ${select} from ${part.table} order by ${part.orderBy}) part`;
      await sql.raw(declaration).execute(transaction);
      let count = 0;
      for (;;) {
        const { rows: batch } = await sql
          .raw<{ row: string }>(`fetch ${BATCH_ROWS} from backup`)
          .execute(transaction);
        if (batch.length === 0) break;
        count += batch.length;
        await put(
          batch.map(({ row }) => ndjsonLine(`{"table":"${part.name}","row":${row}}`)).join(""),
        );
      }
      await sql.raw("close backup").execute(transaction);
      rows[part.name] = count;
    }
    const end: BackupEnd = { rows, sha256: hash.digest("hex") };
    await write(`${JSON.stringify(end)}\n`);
  });
}

async function readColumnNames(transaction: Transaction<Tables>, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} and is_generated = 'NEVER'
    order by ordinal_position
  `.execute(transaction);
  return rows.map(({ name }) => name);
}
