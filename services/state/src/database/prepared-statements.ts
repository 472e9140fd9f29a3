import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type pg from "pg";

/** Limits the memory of a connection: lists of different lengths are different statements. */
const MAX_PREPARED_STATEMENTS = 250;

/**
 * Wraps a pool so that its connections prepare each statement once. Parsing and planning are most of
 * the cost of a small statement, and a deployment executes twenty of them.
 *
 * A migration by a newer version may change the result type of a prepared statement. PostgreSQL then
 * refuses it (0A000), and the connection is closed, so that the caller's retry gets a new one.
 */
export function preparedStatementPool(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect();
      const known =
        clients.get(client) ??
        preparedStatementClient(client, (text) => statementName(names, text));
      clients.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}

function preparedStatementClient(
  client: pg.PoolClient,
  nameOfStatement: (text: string) => string | undefined,
): PostgresPoolClient {
  let isStale = false;
  async function query<Row>(
    text: string,
    values: readonly unknown[],
  ): Promise<PostgresQueryResult<Row>> {
    const name = values.length > 0 ? nameOfStatement(text) : undefined;
    try {
      const statement = { text, values: [...values], ...(name === undefined ? {} : { name }) };
      return (await client.query(statement)) as unknown as PostgresQueryResult<Row>;
    } catch (error) {
      isStale ||= isCachedPlanInvalid(error);
      throw error;
    }
  }
  return {
    // Kysely's overload for cursors is not used here.
    query: query as PostgresPoolClient["query"],
    release: (destroy) => client.release(destroy === true || isStale),
  };
}

function statementName(names: Map<string, string>, text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MAX_PREPARED_STATEMENTS) return known;
  const name = `statement-${names.size + 1}`;
  names.set(text, name);
  return name;
}

/** Detects "cached plan must not change result type", which has no SQLSTATE of its own. */
export function isCachedPlanInvalid(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as { code?: string; routine?: string };
  return code === "0A000" && routine === "RevalidateCachedQuery";
}
