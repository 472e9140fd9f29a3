import { type Kysely, sql } from "kysely";

/** Stores the request of a transition, to distinguish a retry from an equal request of another caller. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table deployment_transitions add column request_id text`.execute(database);
}
