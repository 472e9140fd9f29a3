import { type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * Grants least privilege to the role of the service: row access to every table, but only insert and
 * select on the audit trail, and no schema changes. One transaction applies all statements, so that the
 * role never has more rights in between. The function is idempotent.
 *
 * @param database connected as the owner of the tables
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
