import type { Deployment, EnvironmentOverview } from "@honua/contracts";
import { type ExpressionBuilder, sql } from "kysely";
import { jsonObjectFrom } from "kysely/helpers/postgres";
import { compileOnce } from "../database/compiled-query.ts";
import type { Reader } from "../database/database.ts";
import type { EnvironmentRow, Tables } from "../database/tables.ts";
import { readActiveDeployment } from "./read-deployments.ts";

/** The deployment that an environment serves: the last verified one. */
export type LiveDeployment = NonNullable<EnvironmentOverview["live"]>;

/** The number of recent successes in the median duration. */
const MEDIAN_SAMPLE_SIZE = 20;

/**
 * Reads the live, active and latest deployments of an environment and its status. An unknown
 * environment has none of them.
 *
 * The overview is read by two statements. If the active deployment advances between them, its version
 * shows it.
 */
export async function readEnvironmentOverview(
  reader: Reader,
  name: string,
): Promise<EnvironmentOverview> {
  const active = await readActiveDeployment(reader, name);
  const row = await readOverviewRow(reader, name);
  return environmentOverview(row ?? UNKNOWN_ENVIRONMENT, {
    name,
    active: active ?? null,
    row: row,
  });
}

/** Reads everything except the active deployment, in one statement. */
export async function readOverviewRow(
  reader: Reader,
  name: string,
): Promise<OverviewRow | undefined> {
  const [row] = await selectOverviewRow(reader, name);
  return row;
}

const selectOverviewRow = compileOnce((query, name: string) =>
  query
    .selectFrom("environments as e")
    .select(["health", "sync_status", "pause", "hold", "blocked"])
    .select((expression) => [
      selectLive(expression),
      selectLatest(expression),
      selectLastPlanned(expression),
      selectLastChange(expression),
      selectMedianDuration(expression),
    ])
    .where("name", "=", name),
);

type EnvironmentColumns = Pick<
  EnvironmentRow,
  "health" | "sync_status" | "pause" | "hold" | "blocked"
>;
type OverviewRow = Awaited<ReturnType<typeof selectOverviewRow>>[number];

const UNKNOWN_ENVIRONMENT: EnvironmentColumns = {
  health: "Unknown",
  sync_status: "Unknown",
  pause: null,
  hold: null,
  blocked: null,
};

/** Builds the overview from the rows that were read. */
export function environmentOverview(
  { health, sync_status, pause, hold, blocked }: EnvironmentColumns,
  {
    name,
    active,
    row,
  }: {
    name: string;
    active: Deployment | null;
    row: Omit<OverviewRow, keyof EnvironmentColumns> | undefined;
  },
): EnvironmentOverview {
  return {
    environment: name,
    active,
    live: liveDeploymentFromRow(row?.live ?? null) ?? null,
    medianDurationMs: row?.median ?? null,
    latest: row?.latest ?? null,
    health,
    syncStatus: sync_status,
    pause,
    hold,
    lastDryRun: row?.last_planned ?? null,
    blocked,
    lastChangeAt: row?.last_change?.toISOString() ?? null,
  };
}

/** Reads the last verified deployment. A deployment that was rolled back later does not count. */
export async function readLiveDeployment(
  reader: Reader,
  name: string,
): Promise<LiveDeployment | undefined> {
  const row = await reader
    .selectFrom("environments as e")
    .select(selectLive)
    .where("name", "=", name)
    .executeTakeFirst();
  return liveDeploymentFromRow(row?.live ?? null);
}

type EnvironmentExpression = ExpressionBuilder<Tables & { e: Tables["environments"] }, "e">;

function selectLive(expression: EnvironmentExpression) {
  const deployment = expression
    .selectFrom("deployments as d")
    .select(["d.id as deploymentId", "d.commit_id as commit", "d.tree_hash as treeHash"])
    .select("d.release")
    .whereRef("d.id", "=", "e.live_deployment_id");
  return jsonObjectFrom(deployment).as("live");
}

export function liveDeploymentFromRow(
  row: (Omit<LiveDeployment, "release"> & { release: string | null }) | null,
) {
  return row?.release ? { ...row, release: row.release } : undefined;
}

function selectLatest(expression: EnvironmentExpression) {
  const deployment = selectNewest(expression).select([
    "d.id as deploymentId",
    "d.commit_id as commit",
    "d.tree_hash as treeHash",
    "d.state",
  ]);
  return jsonObjectFrom(deployment).as("latest");
}

function selectLastChange(expression: EnvironmentExpression) {
  return selectNewest(expression)
    .select("d.completed_at")
    .where("d.state", "in", ["Completed", "RolledBack"])
    .as("last_change");
}

function selectNewest(expression: EnvironmentExpression) {
  return expression
    .selectFrom("deployments as d")
    .whereRef("d.environment", "=", "e.name")
    .orderBy("d.sequence", "desc")
    .limit(1);
}

/** The newest commit that a dry-run server planned. */
function selectLastPlanned(expression: EnvironmentExpression) {
  const dryRun = expression
    .selectFrom("dry_runs as r")
    .select(["r.commit_id as commit", "r.tree_hash as treeHash"])
    .whereRef("r.environment", "=", "e.name")
    .where("r.trigger", "=", "commit")
    .orderBy("r.sequence", "desc")
    .limit(1);
  return jsonObjectFrom(dryRun).as("last_planned");
}

function selectMedianDuration(expression: EnvironmentExpression) {
  const lastSuccesses = expression
    .selectFrom("deployments as d")
    .select("d.working_ms")
    .whereRef("d.environment", "=", "e.name")
    .where("d.state", "=", "Completed")
    .orderBy("d.completed_at", "desc")
    .limit(MEDIAN_SAMPLE_SIZE)
    .as("successes");
  return expression
    .selectFrom(lastSuccesses)
    .select(
      sql<number | null>`percentile_cont(0.5) within group (order by working_ms)`.as("median"),
    )
    .as("median");
}
