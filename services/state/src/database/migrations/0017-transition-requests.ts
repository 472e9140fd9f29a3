import { type Kysely, sql } from "kysely";

/** The request that made a transition, which distinguishes a retry from an equal request of another caller. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table deployment_transitions add column request_id text`.execute(database);
}
