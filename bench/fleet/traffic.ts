import type { Client } from "pg";

/** Messages and statements since the start of nats-server and PostgreSQL, as these count them. */
export interface Traffic {
  messagesIn: number;
  messagesOut: number;
  commits: number;
  statements: number;
}

/**
 * @param monitoringUrl the monitoring address of nats-server
 * @param database a connection to a database with `pg_stat_statements`
 */
export async function readTraffic(monitoringUrl: string, database: Client): Promise<Traffic> {
  const response = await fetch(`${monitoringUrl}/varz`);
  const { in_msgs, out_msgs } = (await response.json()) as { in_msgs: number; out_msgs: number };
  // The commit counter of PostgreSQL is delayed by seconds.
  const { rows } = await database.query<Pick<Traffic, "commits" | "statements">>(`
    select coalesce(sum(calls) filter (where query ~* '^commit'), 0)::int as commits,
      coalesce(sum(calls), 0)::int as statements
    from pg_stat_statements`);
  const { commits = 0, statements = 0 } = rows[0] ?? {};
  return { messagesIn: in_msgs, messagesOut: out_msgs, commits, statements };
}

/** Calls and total time of each statement, the most expensive first. */
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
