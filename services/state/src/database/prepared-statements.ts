import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type pg from "pg";

/** Statements that a connection keeps prepared; lists of many lengths must not fill its memory. */
const MAX_PREPARED_STATEMENTS = 250;

/**
 * A pool whose connections prepare each statement once. Most of what a small statement costs the
 * database is to read and plan it, and a deployment makes twenty of them.
 *
 * A migration by a newer version may change what a prepared statement gives; PostgreSQL then refuses it
 * (0A000), and the connection is given up, so that the caller's next attempt has a new one.
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
    // The driver for cursors, which nothing here reads with, shares the name.
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

/** PostgreSQL has no code of its own for "cached plan must not change result type". */
export function isCachedPlanInvalid(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as { code?: string; routine?: string };
  return code === "0A000" && routine === "RevalidateCachedQuery";
}
