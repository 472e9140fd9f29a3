import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { ACTIVE_STATES } from "../deployments/lifecycle.ts";

/** Days that an unreferenced release is kept, because a deployment may be about to refer to it. */
const UNREFERENCED_RELEASE_DAYS = 1;

/**
 * Deletes deployments beyond the history limit and releases without references. The live deployment and
 * active deployments are never deleted.
 *
 * @param historyLimit deployments kept per environment
 * @param maxAgeDays days after which ended deployments are deleted too; 0 turns this off
 */
export async function pruneDeployments(
  database: Database,
  historyLimit: number,
  maxAgeDays = 0,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await sql`
      delete from deployments d using (
        select sequence, row_number() over (partition by environment order by sequence desc) as age
        from deployments
      ) ranked
      where d.sequence = ranked.sequence and (ranked.age > ${historyLimit}
          or (${maxAgeDays}::int > 0
            and d.completed_at < now() - make_interval(days => ${maxAgeDays}::int)))
        and d.state not in (${sql.join([...ACTIVE_STATES])})
        and not exists (select 1 from environments e where e.live_deployment_id = d.id)
    `.execute(transaction);
    await sql`
      delete from releases r
      where r.stored_at < now() - make_interval(days => ${UNREFERENCED_RELEASE_DAYS}::int)
        and not exists (select 1 from deployments d where d.release = r.digest)
        and not exists (select 1 from deployments d where d.previous_release = r.digest)
    `.execute(transaction);
  });
}
