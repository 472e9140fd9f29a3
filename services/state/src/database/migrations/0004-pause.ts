import { type Kysely, sql } from "kysely";

/** While `pause` is set, new deployments of the environment wait. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table environments add column pause json`.execute(database);
}
