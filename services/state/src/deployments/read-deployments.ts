import type { Deployment, listAwaitingApproval } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import type { QueryCreator } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { z } from "zod";
import { compileOnce } from "../database/compiled-query.ts";
import type { Reader } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { type DeploymentRow, deploymentFromRow } from "./deployment-row.ts";
import { ACTIVE_STATES, isActive } from "./lifecycle.ts";
import { selectTransitions } from "./select-transitions.ts";

/** @throws PermanentError `not-found` */
export async function readDeployment(reader: Reader, id: string): Promise<Deployment> {
  const [row] = await selectById(reader, id);
  if (row) return deploymentFromRow(row);
  throw new PermanentError("not-found", `Deployment '${id}' does not exist.`);
}

const selectById = compileOnce((query, id: string) =>
  selectDeployments(query).where("id", "=", id),
);

/**
 * Reads the environment of a deployment, which never changes.
 *
 * @throws PermanentError `not-found`
 */
export async function readEnvironmentOfDeployment(reader: Reader, id: string): Promise<string> {
  const found = await reader
    .selectFrom("deployments")
    .select("environment")
    .where("id", "=", id)
    .executeTakeFirst();
  if (found) return found.environment;
  throw new PermanentError("not-found", `Deployment '${id}' does not exist.`);
}

/** Reads the deployment that is in progress or waiting. */
export async function readActiveDeployment(
  reader: Reader,
  environment: string,
): Promise<Deployment | undefined> {
  const row = await selectDeployments(reader)
    .where("environment", "=", environment)
    .where("state", "in", ACTIVE_STATES)
    .executeTakeFirst();
  return row && deploymentFromRow(row);
}

/** The deployments that decide whether a request opens a new one. */
export interface RelatedDeployments {
  /** The deployment that the same request opened. */
  sameRequest: Deployment | undefined;
  /** The newest deployment of the same commit and content. */
  sameCommit: Deployment | undefined;
  /** The deployment in progress or waiting. */
  active: Deployment | undefined;
  /** The deployment whose id the new one would get. */
  sameId: Deployment | undefined;
}

/** Reads the related deployments in one statement. */
export async function readRelatedDeployments(
  reader: Reader,
  environment: string,
  keys: { requestId: string; commit: string; treeHash: string; id: string },
): Promise<RelatedDeployments> {
  const { requestId, commit, treeHash, id } = keys;
  const rows = await selectRelated(reader, environment, requestId, commit, treeHash, id);
  const findRow = (matches: (row: DeploymentRow) => boolean) => {
    const row = rows.find(matches);
    return row && deploymentFromRow(row);
  };
  return {
    sameRequest: findRow(({ request_id }) => request_id === keys.requestId),
    sameCommit: findRow(
      ({ commit_id, tree_hash }) => commit_id === keys.commit && tree_hash === keys.treeHash,
    ),
    active: findRow(({ state }) => isActive(state)),
    sameId: findRow(({ id }) => id === keys.id),
  };
}

const selectRelated = compileOnce(
  (query, environment: string, requestId: string, commit: string, treeHash: string, id: string) => {
    const deployments = query.selectFrom("deployments").where("environment", "=", environment);
    const sequence = () => deployments.select("sequence");
    return selectDeployments(query)
      .where((or) =>
        or.or([
          or("sequence", "=", sequence().where("id", "=", id)),
          or("sequence", "=", sequence().where("request_id", "=", requestId)),
          or("sequence", "=", sequence().where("state", "in", ACTIVE_STATES)),
          or(
            "sequence",
            "=",
            sequence()
              .where("commit_id", "=", commit)
              .where("tree_hash", "=", treeHash)
              .orderBy("sequence", "desc")
              .limit(1),
          ),
        ]),
      )
      .orderBy("sequence", "desc");
  },
);

/** Reads a page of the deployments that are waiting for approval, oldest first. */
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
  return { deployments: shown.map(deploymentFromRow), next };
}

/** Selects deployments with history and decisions in one statement, so that they are consistent. */
function selectDeployments(reader: Pick<QueryCreator<Tables>, "selectFrom">) {
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
