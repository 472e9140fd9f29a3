import type { Client } from "pg";

/** What went between the processes, counted by nats-server and PostgreSQL since they started. */
export interface Traffic {
  messagesIn: number;
  messagesOut: number;
  commits: number;
  statements: number;
}

/**
 * @param monitoringUrl of nats-server
 * @param database with `pg_stat_statements`
 */
export async function readTraffic(monitoringUrl: string, database: Client): Promise<Traffic> {
  const answer = await fetch(`${monitoringUrl}/varz`);
  const { in_msgs, out_msgs } = (await answer.json()) as { in_msgs: number; out_msgs: number };
  // PostgreSQL's own counter of commits lags behind by seconds.
  const { rows } = await database.query<Pick<Traffic, "commits" | "statements">>(`
    select coalesce(sum(calls) filter (where query ~* '^commit'), 0)::int as commits,
      coalesce(sum(calls), 0)::int as statements
    from pg_stat_statements`);
  const { commits = 0, statements = 0 } = rows[0] ?? {};
  return { messagesIn: in_msgs, messagesOut: out_msgs, commits, statements };
}

/** How often each statement was made, and how long it took PostgreSQL: the dearest first. */
export async function readStatements(database: Client): Promise<string> {
  const { rows } = await database.query<{ calls: number; ms: number; query: string }>(`
    select calls::int, total_exec_time::float as ms, query
    from pg_stat_statements order by total_exec_time desc`);
  const lines = rows.map(({ calls, ms, query }) => {
    const text = query.replaceAll(/\s+/g, " ");
    return `${String(calls).padStart(7)} ${ms.toFixed(0).padStart(7)} ms  ${text}\n`;
  });
  return lines.join("");
}
