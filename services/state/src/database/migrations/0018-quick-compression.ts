import { type Kysely, sql } from "kysely";

/**
 * Compresses large texts with LZ4, which gives the same size in a third of the time. Stored values do
 * not change. A server without LZ4 keeps its current compression.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      execute 'alter table releases alter column document set compression lz4';
      execute 'alter table deployments alter column plan set compression lz4,
        alter column plan_document set compression lz4';
    exception when feature_not_supported or syntax_error then
      null;
    end
    $$
  `.execute(database);
}
