import type { DryRun, DryRunSummary } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import type { Reader } from "../database/database.ts";
import { dryRunFromRow, dryRunSummary } from "./dry-run-row.ts";

/** A dry-run summary with its sequence number. */
export interface DryRunSummaryRow {
  sequence: string;
  summary: DryRunSummary;
}

/**
 * Reads the dry runs of an environment, newest first.
 *
 * @param page.before sequence below which the page starts (keyset cursor)
 * @param page.requestId returns only the dry run of this request
 */
export async function readDryRuns(
  reader: Reader,
  environment: string,
  page: { limit: number; before?: string | undefined; requestId?: string | undefined },
): Promise<DryRunSummaryRow[]> {
  let query = reader
    .selectFrom("dry_runs")
    .selectAll()
    .where("environment", "=", environment)
    .orderBy("sequence", "desc")
    .limit(page.limit);
  if (page.before !== undefined) query = query.where("sequence", "<", page.before);
  if (page.requestId !== undefined) query = query.where("request_id", "=", page.requestId);
  const rows = await query.execute();
  return rows.map((row) => ({
    sequence: row.sequence,
    summary: dryRunSummary(dryRunFromRow(row)),
  }));
}

/** Reads a dry run; undefined if the id does not exist. */
export async function findDryRun(reader: Reader, id: string): Promise<DryRun | undefined> {
  const row = await reader
    .selectFrom("dry_runs")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row && dryRunFromRow(row);
}

/** @throws PermanentError `not-found` */
export async function readDryRun(reader: Reader, id: string): Promise<DryRun> {
  const found = await findDryRun(reader, id);
  if (found) return found;
  throw new PermanentError("not-found", `Dry run '${id}' does not exist.`);
}
