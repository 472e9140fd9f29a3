import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** Deletes all but the newest dry runs of each environment. No other row refers to dry runs. */
export async function pruneDryRuns(database: Database, limit: number): Promise<void> {
  await database.transaction(async (transaction) => {
    await sql`
      delete from dry_runs d using (
        select sequence, row_number() over (partition by environment order by sequence desc) as age
        from dry_runs
      ) ranked
      where d.sequence = ranked.sequence and ranked.age > ${limit}
    `.execute(transaction);
  });
}
