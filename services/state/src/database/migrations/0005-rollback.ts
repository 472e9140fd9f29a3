import { type Kysely, sql } from "kysely";

const statements = [
  // No foreign key: the restored deployment may be deleted before the rollback.
  sql`alter table deployments add column restores text`,
  sql`alter table environments add column hold json`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
