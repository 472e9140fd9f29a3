import { type Kysely, sql } from "kysely";

const statements = [
  // The teams in whose name somebody decided.
  sql`alter table decisions add column teams json`,
  // Nobody counts twice on the same plan, whatever two processes do at once.
  sql`create unique index decisions_once
    on decisions (deployment_id, plan_digest, lower(trim(subject)))`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
