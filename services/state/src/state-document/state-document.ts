import { type EnvironmentState, ERROR_CODES } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { readRefusal } from "../commits/refused-commits.ts";
import type { Reader } from "../database/database.ts";
import type { EnvironmentRow } from "../database/tables.ts";
import {
  readDeploymentSummaries,
  readDeploymentSummary,
  type SummaryRow,
} from "../deployments/deployment-summaries.ts";
import { readDryRuns } from "../dry-runs/read-dry-runs.ts";

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
  const history = await readDeploymentSummaries(reader, name, { limit: historyLength });
  const live = row.live_deployment_id
    ? (history.find(({ summary }) => summary.id === row.live_deployment_id) ??
      (await readDeploymentSummary(reader, row.live_deployment_id)))
    : undefined;
  const [lastDryRun] = await readDryRuns(reader, name, { limit: 1 });
  return stateDocument(row, history, live, {
    refusal: await readRefusal(reader, name),
    lastDryRun: lastDryRun?.summary ?? null,
  });
}

/**
 * The environment's own health is that of its newest deployment.
 *
 * @param beside.refusal why the head of the branch is not deployed, if it is refused
 */
export function stateDocument(
  row: EnvironmentRow,
  history: readonly SummaryRow[],
  live: SummaryRow | undefined,
  beside: Pick<EnvironmentState, "refusal" | "lastDryRun">,
): EnvironmentState {
  const { health } = row;
  const { refusal, lastDryRun } = beside;
  // While the head is refused, what is served is not what Git says, however well it is served.
  const syncStatus = refusal && row.sync_status === "Synced" ? "OutOfSync" : row.sync_status;
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
    lastDryRun,
    blocked: row.blocked,
    refusal,
    lastUpdated: row.updated_at.toISOString(),
    history: summaries,
  };
}

/** State documents by name, each with only the newest deployment in its history. */
export async function readStateDocuments(
  reader: Reader,
  page: { after: string | undefined; limit: number },
): Promise<EnvironmentState[]> {
  const documents: EnvironmentState[] = [];
  for (const name of await readEnvironmentNames(reader, page)) {
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

/** Names of environments, in their order; without a page all of them. */
export async function readEnvironmentNames(
  reader: Reader,
  page: { after?: string | undefined; limit?: number } = {},
): Promise<string[]> {
  let query = reader.selectFrom("environments").select("name").orderBy("name");
  if (page.after !== undefined) query = query.where("name", ">", page.after);
  if (page.limit !== undefined) query = query.limit(page.limit);
  const rows = await query.execute();
  return rows.map(({ name }) => name);
}
