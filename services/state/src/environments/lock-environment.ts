import { type Clock, PermanentError } from "@honua/service-kit";
import type { Transaction } from "kysely";
import { compileOnce } from "../database/compiled-query.ts";
import type { EnvironmentRow, Tables } from "../database/tables.ts";

/** An environment, by its name or by one of its deployments. */
export type EnvironmentReference = string | { deploymentId: string };

/**
 * Locks an environment row until the transaction ends. An environment that is referenced by name is
 * created if it does not exist.
 *
 * @throws PermanentError `not-found` if the referenced deployment does not exist
 */
export async function lockEnvironment(
  transaction: Transaction<Tables>,
  reference: EnvironmentReference,
  clock: Clock,
): Promise<EnvironmentRow> {
  if (typeof reference !== "string") {
    const [found] = await lockByDeployment(transaction, reference.deploymentId);
    if (found) return found;
    const message = `Deployment '${reference.deploymentId}' does not exist.`;
    throw new PermanentError("not-found", message);
  }
  const [known] = await lockByName(transaction, reference);
  if (known) return known;
  await transaction
    .insertInto("environments")
    .values({
      name: reference,
      health: "Unknown",
      sync_status: "Unknown",
      updated_at: clock.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const [created] = await lockByName(transaction, reference);
  if (created) return created;
  throw new Error(`Environment '${reference}' was created but cannot be read.`);
}

const lockByName = compileOnce((query, name: string) =>
  query.selectFrom("environments").selectAll().where("name", "=", name).forUpdate(),
);

/** Finds the environment without a lock on the deployment: a deployment never changes environment. */
const lockByDeployment = compileOnce((query, id: string) =>
  query
    .selectFrom("environments")
    .selectAll()
    .where("name", "=", (subquery) =>
      subquery.selectFrom("deployments").select("environment").where("id", "=", id),
    )
    .forUpdate(),
);
