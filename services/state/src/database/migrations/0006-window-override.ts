import { type Kysely, sql } from "kysely";

const statements = [
  sql`alter table deployments add column window_override json`,
  // For a published commit that has no deployment yet.
  sql`alter table environments add column window_override json`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
