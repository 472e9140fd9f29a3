import type { EnvironmentSituation } from "@honua/contracts";
import { sql } from "kysely";
import type { Reader } from "../database/database.ts";
import { readActiveDeployment } from "../deployments/read-deployments.ts";
import { readLastPlannedCommit } from "../dry-runs/read-dry-runs.ts";

/** Successes that the median duration is taken of. */
const MEDIAN_OF = 20;

/** What is live and what is under way; of an environment nobody knows, nothing is. */
export async function readSituation(reader: Reader, name: string): Promise<EnvironmentSituation> {
  const environment = await reader
    .selectFrom("environments")
    .select(["health", "sync_status", "pause", "hold", "blocked"])
    .where("name", "=", name)
    .executeTakeFirst();
  const latest = await reader
    .selectFrom("deployments")
    .select(["id", "commit_id", "tree_hash", "state"])
    .where("environment", "=", name)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return {
    environment: name,
    active: (await readActiveDeployment(reader, name)) ?? null,
    live: (await readLive(reader, name)) ?? null,
    medianDurationMs: await readMedianDuration(reader, name),
    latest: latest
      ? {
          deploymentId: latest.id,
          commit: latest.commit_id,
          treeHash: latest.tree_hash,
          state: latest.state,
        }
      : null,
    health: environment?.health ?? "Unknown",
    syncStatus: environment?.sync_status ?? "Unknown",
    pause: environment?.pause ?? null,
    hold: environment?.hold ?? null,
    lastDryRun: (await readLastPlannedCommit(reader, name)) ?? null,
    blocked: environment?.blocked ?? null,
    lastChangeAt: await readLastChange(reader, name),
  };
}

/** The last deployment that was verified; one that was rolled back since never counts. */
export async function readLive(
  reader: Reader,
  name: string,
): Promise<NonNullable<EnvironmentSituation["live"]> | undefined> {
  const row = await reader
    .selectFrom("environments as e")
    .innerJoin("deployments as d", "d.id", "e.live_deployment_id")
    .select(["d.id", "d.commit_id", "d.tree_hash", "d.release"])
    .where("e.name", "=", name)
    .executeTakeFirst();
  if (!row?.release) return undefined;
  return {
    deploymentId: row.id,
    commit: row.commit_id,
    treeHash: row.tree_hash,
    release: row.release,
  };
}

async function readLastChange(reader: Reader, name: string): Promise<string | null> {
  const row = await reader
    .selectFrom("deployments")
    .select("completed_at")
    .where("environment", "=", name)
    .where("state", "in", ["Completed", "RolledBack"])
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.completed_at?.toISOString() ?? null;
}

async function readMedianDuration(reader: Reader, name: string): Promise<number | null> {
  const lastSuccesses = reader
    .selectFrom("deployments")
    .select("working_ms")
    .where("environment", "=", name)
    .where("state", "=", "Completed")
    .orderBy("completed_at", "desc")
    .limit(MEDIAN_OF)
    .as("successes");
  const { median } = await reader
    .selectFrom(lastSuccesses)
    .select(
      sql<number | null>`percentile_cont(0.5) within group (order by working_ms)`.as("median"),
    )
    .executeTakeFirstOrThrow();
  return median;
}
