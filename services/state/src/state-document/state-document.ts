import type { EnvironmentState } from "@honua/contracts";
import { readRefusal } from "../commits/refused-commits.ts";
import type { Reader } from "../database/database.ts";
import type { EnvironmentRow } from "../database/tables.ts";
import {
  readDeploymentSummaries,
  readDeploymentSummary,
  type SummaryRow,
} from "../deployments/deployment-summaries.ts";
import { readDryRuns } from "../dry-runs/read-dry-runs.ts";
import { readEnvironmentNames, unknownEnvironment } from "../environments/read-environments.ts";

/** The number of deployments in the history of a state document. */
const HISTORY_LENGTH = 20;

/**
 * Reads the state document of an environment.
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
 * Builds the state document. The newest deployment shows the health of the environment.
 *
 * @param extras.refusal the reason why the head of the branch is refused, if it is
 */
export function stateDocument(
  row: EnvironmentRow,
  history: readonly SummaryRow[],
  live: SummaryRow | undefined,
  extras: Pick<EnvironmentState, "refusal" | "lastDryRun">,
): EnvironmentState {
  const { health } = row;
  const { refusal, lastDryRun } = extras;
  // While the head is refused, the environment does not serve the newest commit.
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

/** Reads state documents in name order. Each history holds the newest deployment only. */
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
