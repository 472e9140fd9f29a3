import { type Kysely, sql } from "kysely";

/** Which request made a transition, so that another one that says the same is told from it. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table deployment_transitions add column request_id text`.execute(database);
}
