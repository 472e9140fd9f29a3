import { type Kysely, sql } from "kysely";

/**
 * Large texts are compressed with LZ4: as small as before, in a third of the time. A server that was
 * built without it goes on as it was; what is stored already stays as it is.
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
