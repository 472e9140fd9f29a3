import { createHash } from "node:crypto";
import { createChainVerifier } from "@honua/audit";
import {
  type BackupEnd,
  type BackupManifest,
  backupEnd,
  backupManifest,
  ERROR_CODES,
} from "@honua/contracts";
import { messageOf, PermanentError } from "@honua/service-kit";
import { sql, type Transaction } from "kysely";
import { readChainBatch, readChainHead } from "../audit/read-audit.ts";
import type { Database, Reader } from "../database/database.ts";
import { MIGRATION_NAMES } from "../database/migrate-database.ts";
import type { Tables } from "../database/tables.ts";
import { BACKUP_PARTS } from "./backed-up-tables.ts";

const BATCH_ROWS = 50;
const ROW = /^\{"table":"([a-z_]+)","row":(\{.*\})\}$/;

/**
 * Puts a backup into an empty database, in one transaction: all of it, or nothing.
 *
 * @returns how many rows each table got
 * @throws PermanentError `damaged-backup` for one that is cut short, changed, or whose audit trail is
 *   broken; `newer-backup`; `illegal-transition` when the database is not empty
 */
export function importState(
  database: Database,
  lines: AsyncIterable<string>,
): Promise<BackupEnd["rows"]> {
  return database.transaction(async (transaction) => {
    await requireEmptyDatabase(transaction);
    const hash = createHash("sha256");
    const counts: BackupEnd["rows"] = {};
    let manifest: BackupManifest | undefined;
    let end: BackupEnd | undefined;
    let batch: { name: string; rows: string[] } | undefined;
    let number = 0;
    const flush = async () => {
      if (batch && manifest) await restoreRows(transaction, manifest, batch);
      batch = undefined;
    };
    for await (const line of lines) {
      number += 1;
      if (end) throw damagedBackup(`line ${number} follows the end of the backup`);
      if (manifest === undefined) {
        manifest = parseManifest(line);
        hash.update(`${line}\n`);
        continue;
      }
      const [, name, row] = ROW.exec(line) ?? [];
      if (name === undefined || row === undefined) {
        end = parseEnd(line, number);
        continue;
      }
      hash.update(`${line}\n`);
      if (batch && (batch.name !== name || batch.rows.length === BATCH_ROWS)) await flush();
      batch ??= { name, rows: [] };
      batch.rows.push(row);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    await flush();
    if (!manifest) throw damagedBackup("it is empty");
    if (!end) throw damagedBackup(`it was cut short after line ${number}`);
    requireMatchingEnd(hash.digest("hex"), end, counts);
    await advanceSequences(transaction);
    await requireIntactAuditChain(transaction);
    return end.rows;
  });
}

/** Whoever else would begin to write waits, and then finds the environment there. */
async function requireEmptyDatabase(transaction: Transaction<Tables>): Promise<void> {
  await sql`lock table environments, deployments in exclusive mode`.execute(transaction);
  const found = await existingHistory(transaction);
  if (found.length === 0) return;
  throw new PermanentError(
    ERROR_CODES.illegalTransition,
    `the database is not empty: it has ${found.join(" and ")}; ` +
      "a backup is restored into a new database, before the watcher is started",
  );
}

/** What a database has that keeps a backup from being restored into it. */
export async function existingHistory(reader: Reader): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`
    select 'environments' as what where exists (select 1 from environments)
    union all select 'an audit trail' where exists (select 1 from audit)
  `.execute(reader);
  return rows.map(({ what }) => what);
}

function parseManifest(line: string): BackupManifest {
  const parsed = backupManifest.safeParse(parseJson(line));
  if (!parsed.success)
    throw damagedBackup("its first line is not the manifest of a backup, version 1");
  const { schema } = parsed.data;
  if (MIGRATION_NAMES.includes(schema)) return parsed.data;
  throw new PermanentError(
    "newer-backup",
    `the backup has schema ${schema}, which is newer than this service's ${MIGRATION_NAMES.at(-1)}; use the version that wrote it, or a later one`,
  );
}

function parseEnd(line: string, number: number): BackupEnd {
  const parsed = backupEnd.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  throw damagedBackup(`line ${number} is neither a row nor the end`);
}

async function restoreRows(
  transaction: Transaction<Tables>,
  manifest: BackupManifest,
  { name, rows }: { name: string; rows: string[] },
): Promise<void> {
  const part = BACKUP_PARTS.find((known) => known.name === name);
  const columns = manifest.columns[name];
  if (!part || !columns) throw damagedBackup(`it has rows of '${name}', which is not known`);
  const list = sql.join(columns.map((column) => sql.id(column)));
  const table = sql.table(part.table);
  const source = sql`json_populate_recordset(null::${table}, ${`[${rows.join(",")}]`}::json)`;
  const statements = {
    insert: sql`insert into ${table} (${list}) overriding system value select ${list} from ${source}`,
    "update-live": sql`update environments e set live_deployment_id = b.live_deployment_id
      from ${source} b where b.name = e.name`,
    "update-head": sql`update audit_head h set sequence = b.sequence, hash = b.hash from ${source} b`,
  };
  await statements[part.restore ?? "insert"].execute(transaction).catch((error: unknown) => {
    throw damagedBackup(`rows of '${name}' cannot be stored: ${messageOf(error)}`);
  });
}

function requireMatchingEnd(sha256: string, end: BackupEnd, counts: BackupEnd["rows"]): void {
  for (const [name, expected] of Object.entries(end.rows)) {
    const found = counts[name] ?? 0;
    if (found === expected) continue;
    throw damagedBackup(`it holds ${found} rows of '${name}', and says that there are ${expected}`);
  }
  if (sha256 === end.sha256) return;
  throw damagedBackup(`its lines have SHA-256 ${sha256}, and it says ${end.sha256}`);
}

/** What comes after the backup is numbered behind it. */
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
      if (problem) throw damagedBackup(`its audit trail is broken: ${problem.message}`);
    }
  }
  const problem = verifier.verifyEnd(await readChainHead(transaction));
  if (problem) throw damagedBackup(`its audit trail is broken: ${problem.message}`);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function damagedBackup(why: string): PermanentError {
  return new PermanentError(
    "damaged-backup",
    `the backup is damaged: ${why}; nothing was restored`,
  );
}
