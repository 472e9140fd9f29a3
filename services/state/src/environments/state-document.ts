import { type EnvironmentState, ERROR_CODES } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import type { Reader } from "../database/database.ts";
import type { EnvironmentRow } from "../database/tables.ts";
import { readSummaries, readSummary, type SummaryRow } from "./deployment-summaries.ts";

/** Deployments that the state document lists. */
const HISTORY_LENGTH = 20;

/**
 * The state document of an environment.
 *
 * @throws PermanentError `not-found`
 */
export async function readStateDocument(
  reader: Reader,
  name: string,
  historyLength = HISTORY_LENGTH,
): Promise<EnvironmentState> {
  const row = await reader
    .selectFrom("environments")
    .selectAll()
    .where("name", "=", name)
    .executeTakeFirst();
  if (!row) throw unknownEnvironment(name);
  const history = await readSummaries(reader, name, { limit: historyLength });
  const live = row.live_deployment_id
    ? (history.find(({ summary }) => summary.id === row.live_deployment_id) ??
      (await readSummary(reader, row.live_deployment_id)))
    : undefined;
  return stateDocument(row, history, live);
}

/** The environment's own health is that of its newest deployment. */
export function stateDocument(
  row: EnvironmentRow,
  history: readonly SummaryRow[],
  live: SummaryRow | undefined,
): EnvironmentState {
  const { health, sync_status: syncStatus } = row;
  const summaries = history.map(({ summary }, index) =>
    index === 0 ? { ...summary, health, syncStatus } : summary,
  );
  const current = summaries[0] ?? null;
  return {
    environment: row.name,
    currentDeployment: current,
    lastSuccessfulDeployment:
      current && current.id === live?.summary.id ? current : (live?.summary ?? null),
    deployedCommit: live?.summary.commit ?? null,
    deployedRelease: live?.release ?? null,
    latestCommit: row.latest_commit,
    health,
    syncStatus,
    pause: row.pause,
    hold: row.hold,
    blocked: row.blocked,
    lastUpdated: row.updated_at.toISOString(),
    history: summaries,
  };
}

/** Every environment's state document, with only the newest deployment in its history. */
export async function readAllStateDocuments(reader: Reader): Promise<EnvironmentState[]> {
  const documents: EnvironmentState[] = [];
  for (const name of await readEnvironmentNames(reader)) {
    documents.push(await readStateDocument(reader, name, 1));
  }
  return documents;
}

/** @throws PermanentError `not-found` */
export async function requireEnvironment(reader: Reader, name: string): Promise<void> {
  const known = await reader
    .selectFrom("environments")
    .select("name")
    .where("name", "=", name)
    .executeTakeFirst();
  if (!known) throw unknownEnvironment(name);
}

function unknownEnvironment(name: string): PermanentError {
  return new PermanentError(
    ERROR_CODES.notFound,
    `there is no environment '${name}': nothing was ever deployed to it`,
  );
}

export async function readEnvironmentNames(reader: Reader): Promise<string[]> {
  const rows = await reader.selectFrom("environments").select("name").orderBy("name").execute();
  return rows.map(({ name }) => name);
}
