import { type Kysely, sql } from "kysely";

const statements = [
  // Set when a message of the environment becomes a dead letter.
  sql`alter table environments add column blocked json`,
  // The complete plan if `plan` contains a part of it. Separate, because it is large and seldom read.
  sql`alter table deployments add column plan_document text`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
