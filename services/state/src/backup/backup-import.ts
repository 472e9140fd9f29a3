import { createHash } from "node:crypto";
import { type BackupEnd, type BackupManifest, backupEnd, backupManifest } from "@honua/contracts";
import { messageOf, PermanentError } from "@honua/service-kit";
import { sql, type Transaction } from "kysely";
import { MIGRATION_NAMES } from "../database/migrate-database.ts";
import type { Tables } from "../database/tables.ts";
import { BACKUP_PARTS } from "./backup-parts.ts";
import { damagedBackup } from "./damaged-backup.ts";

const BATCH_ROWS = 50;
const ROW = /^\{"table":"([a-z_]+)","row":(\{.*\})\}$/;

interface RowBatch {
  name: string;
  rows: string[];
}

/** Reads a backup line by line and inserts its rows in batches: manifest, rows, end. */
export class BackupImport {
  readonly #transaction: Transaction<Tables>;
  readonly #hash = createHash("sha256");
  readonly #counts: BackupEnd["rows"] = {};
  #manifest: BackupManifest | undefined;
  #end: BackupEnd | undefined;
  #batch: RowBatch | undefined;
  #lineNumber = 0;

  constructor(transaction: Transaction<Tables>) {
    this.#transaction = transaction;
  }

  /** @throws PermanentError `damaged-backup`, `newer-backup` */
  async addLine(line: string): Promise<void> {
    this.#lineNumber += 1;
    if (this.#end) {
      throw damagedBackup(`line ${this.#lineNumber} follows the end of the backup`);
    }
    if (this.#manifest === undefined) {
      this.#manifest = parseManifest(line);
      this.#hash.update(`${line}\n`);
      return;
    }
    const [, name, row] = ROW.exec(line) ?? [];
    if (name === undefined || row === undefined) {
      this.#end = parseEnd(line, this.#lineNumber);
      return;
    }
    this.#hash.update(`${line}\n`);
    await this.#addRow(name, row);
  }

  /**
   * Inserts the last batch and compares the backup with its recorded end.
   *
   * @returns the number of restored rows per table
   * @throws PermanentError `damaged-backup`
   */
  async finish(): Promise<BackupEnd["rows"]> {
    await this.#flush();
    if (!this.#manifest) throw damagedBackup("it is empty");
    if (!this.#end) throw damagedBackup(`it was cut short after line ${this.#lineNumber}`);
    requireMatchingEnd(this.#hash.digest("hex"), this.#end, this.#counts);
    return this.#end.rows;
  }

  async #addRow(name: string, row: string): Promise<void> {
    if (this.#batch && (this.#batch.name !== name || this.#batch.rows.length === BATCH_ROWS)) {
      await this.#flush();
    }
    this.#batch ??= { name, rows: [] };
    this.#batch.rows.push(row);
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  async #flush(): Promise<void> {
    if (this.#batch && this.#manifest) {
      await restoreRows(this.#transaction, this.#manifest, this.#batch);
    }
    this.#batch = undefined;
  }
}

function parseManifest(line: string): BackupManifest {
  const parsed = backupManifest.safeParse(parseJson(line));
  if (!parsed.success) {
    throw damagedBackup("its first line is not a backup manifest of version 1");
  }
  const { schema } = parsed.data;
  if (MIGRATION_NAMES.includes(schema)) return parsed.data;
  throw new PermanentError(
    "newer-backup",
    `The backup has schema ${schema}, which is newer than schema ${MIGRATION_NAMES.at(-1)} of this service. Restore it with the version that wrote it, or a later one.`,
  );
}

function parseEnd(line: string, lineNumber: number): BackupEnd {
  const parsed = backupEnd.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  throw damagedBackup(`line ${lineNumber} is neither a row nor the end`);
}

async function restoreRows(
  transaction: Transaction<Tables>,
  manifest: BackupManifest,
  { name, rows }: RowBatch,
): Promise<void> {
  const part = BACKUP_PARTS.find((known) => known.name === name);
  const columns = manifest.columns[name];
  if (!part || !columns) throw damagedBackup(`it has rows of the unknown table '${name}'`);
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
    throw damagedBackup(`rows of table '${name}' cannot be stored: ${messageOf(error)}`);
  });
}

function requireMatchingEnd(sha256: string, end: BackupEnd, counts: BackupEnd["rows"]): void {
  for (const [name, expected] of Object.entries(end.rows)) {
    const found = counts[name] ?? 0;
    if (found === expected) continue;
    throw damagedBackup(`it has ${found} rows of table '${name}' instead of ${expected}`);
  }
  if (sha256 === end.sha256) return;
  throw damagedBackup(`its lines have SHA-256 ${sha256} instead of ${end.sha256}`);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
