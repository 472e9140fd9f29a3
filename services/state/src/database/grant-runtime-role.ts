import { type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * Gives the role that the service works as what it needs and no more: rows of every table, but of the
 * audit trail only adding and reading, and nothing of the schema. All at once, so that there is no
 * moment in which it may do more. Doing so twice changes nothing.
 *
 * @param database as the role that owns the tables
 */
export async function grantRuntimeRole(database: Kysely<Tables>, role: string): Promise<void> {
  const to = sql.id(role);
  await database.transaction().execute(async (transaction) => {
    for (const statement of [
      sql`grant usage on schema public to ${to}`,
      sql`grant select, insert, update, delete on all tables in schema public to ${to}`,
      sql`grant usage, select, update on all sequences in schema public to ${to}`,
      sql`revoke update, delete, truncate on audit from ${to}`,
      sql`revoke insert, delete, truncate on audit_head from ${to}`,
      sql`revoke insert, update, delete, truncate on kysely_migration, kysely_migration_lock
        from ${to}`,
    ]) {
      await statement.execute(transaction);
    }
  });
}
