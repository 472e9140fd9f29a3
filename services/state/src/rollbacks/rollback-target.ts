import type { Deployment } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import type { Reader } from "../database/database.ts";
import { readDeployment } from "../deployments/read-deployments.ts";

/** A deployment whose release was verified and is still stored. */
export type RollbackTarget = Deployment & { release: string };

/**
 * Reads the deployment that a rollback restores.
 *
 * @param live the deployment whose release is served
 * @param to undefined: the last verified deployment before the live one that has another release
 * @throws PermanentError `not-found`, `illegal-transition`
 */
export async function readRollbackTarget(
  reader: Reader,
  live: Deployment,
  to: string | undefined,
): Promise<RollbackTarget> {
  const target = await readDeployment(reader, to ?? (await readPreviousDeploymentId(reader, live)));
  if (target.environment !== live.environment) {
    throw new PermanentError(
      "not-found",
      `Deployment '${target.id}' does not exist in environment '${live.environment}'.`,
    );
  }
  const { release } = target;
  if (target.state !== "Completed" || release === null) {
    throw new PermanentError(
      "illegal-transition",
      `Deployment ${target.id} is ${target.state}. Only a Completed deployment can be restored.`,
    );
  }
  if (release === live.release) {
    throw new PermanentError(
      "illegal-transition",
      `Environment '${live.environment}' already serves the release of deployment ${target.id}.`,
    );
  }
  return { ...target, release };
}

/** Reads the newest commit for which a deployment was opened. */
export async function readNewestCommit(
  reader: Reader,
  environment: string,
): Promise<{ commit: string; treeHash: string } | undefined> {
  const row = await reader
    .selectFrom("deployments")
    .select(["commit_id", "tree_hash"])
    .where("environment", "=", environment)
    .where("trigger", "!=", "rollback")
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && { commit: row.commit_id, treeHash: row.tree_hash };
}

/** After a rollback, the search starts at the restored deployment, so that it never goes forward. */
async function readPreviousDeploymentId(reader: Reader, live: Deployment): Promise<string> {
  const row = await reader
    .selectFrom("deployments")
    .select("id")
    .where("environment", "=", live.environment)
    .where("state", "=", "Completed")
    .where("trigger", "!=", "rollback")
    .where("release", "!=", live.release)
    .where("sequence", "<", ({ selectFrom }) =>
      selectFrom("deployments as origin")
        .select("origin.sequence")
        .where("origin.id", "=", live.restores ?? live.id),
    )
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row) return row.id;
  throw new PermanentError(
    "illegal-transition",
    `Environment '${live.environment}' has no verified deployment before ${live.restores ?? live.id}.`,
  );
}
