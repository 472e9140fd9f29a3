import type { ExpressionBuilder } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { Tables } from "../database/tables.ts";

/** Selects the transitions of each deployment as a JSON array, in order. */
export function selectTransitions(expression: ExpressionBuilder<Tables, "deployments">) {
  return jsonArrayFrom(
    expression
      .selectFrom("deployment_transitions as t")
      .select(["t.version", "t.from_state", "t.to_state", "t.at", "t.actor", "t.message"])
      .whereRef("t.deployment_id", "=", "deployments.id")
      .orderBy("t.version"),
  ).as("transitions");
}
