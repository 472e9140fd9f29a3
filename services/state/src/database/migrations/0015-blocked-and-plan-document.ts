import { type Kysely, sql } from "kysely";

const statements = [
  // Set when a message of the environment was given up.
  sql`alter table environments add column blocked json`,
  // The whole of a plan of which `plan` holds a part. Apart, since it is seldom read and may be large.
  sql`alter table deployments add column plan_document text`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
