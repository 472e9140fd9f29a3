import { type Kysely, sql } from "kysely";

const statements = [
  // The teams of the approver.
  sql`alter table decisions add column teams json`,
  // A subject counts once per plan, even if two processes record decisions concurrently.
  sql`create unique index decisions_once
    on decisions (deployment_id, plan_digest, lower(trim(subject)))`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
