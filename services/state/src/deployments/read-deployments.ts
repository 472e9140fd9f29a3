import { type Deployment, ERROR_CODES, type listAwaitingApproval } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { z } from "zod";
import type { Reader } from "../database/database.ts";
import { deploymentOfRow } from "./deployment-row.ts";
import { ACTIVE_STATES } from "./lifecycle.ts";
import { selectTransitions } from "./select-transitions.ts";

/** @throws PermanentError `not-found` */
export async function readDeployment(reader: Reader, id: string): Promise<Deployment> {
  const row = await selectDeployments(reader).where("id", "=", id).executeTakeFirst();
  if (row) return deploymentOfRow(row);
  throw new PermanentError(ERROR_CODES.notFound, `there is no deployment '${id}'`);
}

/** The environment of a deployment, which never changes. @throws PermanentError `not-found` */
export async function environmentOfDeployment(reader: Reader, id: string): Promise<string> {
  const found = await reader
    .selectFrom("deployments")
    .select("environment")
    .where("id", "=", id)
    .executeTakeFirst();
  if (found) return found.environment;
  throw new PermanentError(ERROR_CODES.notFound, `there is no deployment '${id}'`);
}

/** The deployment that is under way or waiting. */
export async function readActiveDeployment(
  reader: Reader,
  environment: string,
): Promise<Deployment | undefined> {
  const row = await selectDeployments(reader)
    .where("environment", "=", environment)
    .where("state", "in", ACTIVE_STATES)
    .executeTakeFirst();
  return row && deploymentOfRow(row);
}

/** The deployment that a request opened. */
export async function readDeploymentOfRequest(
  reader: Reader,
  environment: string,
  requestId: string,
): Promise<Deployment | undefined> {
  const row = await selectDeployments(reader)
    .where("environment", "=", environment)
    .where("request_id", "=", requestId)
    .executeTakeFirst();
  return row && deploymentOfRow(row);
}

/** The newest deployment of a commit with this content. */
export async function readDeploymentOfCommit(
  reader: Reader,
  environment: string,
  commit: string,
  treeHash: string,
): Promise<Deployment | undefined> {
  const row = await selectDeployments(reader)
    .where("environment", "=", environment)
    .where("commit_id", "=", commit)
    .where("tree_hash", "=", treeHash)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && deploymentOfRow(row);
}

/** A page of the deployments that wait for people, the oldest first. */
export async function readAwaitingApproval(
  reader: Reader,
  page: z.output<typeof listAwaitingApproval.request>,
): Promise<z.output<typeof listAwaitingApproval.response>> {
  let query = selectDeployments(reader)
    .where("state", "=", "AwaitingApproval")
    .orderBy("sequence")
    .limit(page.limit + 1);
  if (page.environment !== undefined) query = query.where("environment", "=", page.environment);
  if (page.cursor !== undefined) query = query.where("sequence", ">", page.cursor);
  const rows = await query.execute();
  const shown = rows.slice(0, page.limit);
  const next = rows.length > shown.length ? (shown.at(-1)?.sequence ?? null) : null;
  return { deployments: shown.map(deploymentOfRow), next };
}

/** One statement, and so one snapshot: a row never shows another version's history. */
function selectDeployments(reader: Reader) {
  return reader
    .selectFrom("deployments")
    .selectAll("deployments")
    .select((expression) => [
      selectTransitions(expression),
      jsonArrayFrom(
        expression
          .selectFrom("decisions as d")
          .select([
            "d.outcome",
            "d.subject",
            "d.recorded_by",
            "d.method",
            "d.at",
            "d.reason",
            "d.plan_digest",
            "d.teams",
          ])
          .whereRef("d.deployment_id", "=", "deployments.id")
          .orderBy("d.sequence"),
      ).as("decisions"),
    ]);
}
