import type { Log } from "@honua/service-kit";
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { asDatabaseError } from "./database-error.ts";
import { preparedStatementPool } from "./prepared-statements.ts";
import type { Tables } from "./tables.ts";

/** Executes queries, inside or outside a transaction. */
export type Reader = Kysely<Tables>;

/** The state database. Its methods raise `unavailable` if the database cannot be reached. */
export interface Database {
  read<Value>(work: (reader: Reader) => Promise<Value>): Promise<Value>;
  /** Runs several reads in one repeatable-read transaction, so that they are consistent. */
  snapshot<Value>(work: (reader: Reader) => Promise<Value>): Promise<Value>;
  transaction<Value>(work: (transaction: Transaction<Tables>) => Promise<Value>): Promise<Value>;
  readonly kysely: Kysely<Tables>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Connects once to detect PGlite, then opens a connection pool with matching options.
 *
 * @param url a PostgreSQL connection URL
 * @throws the driver's error if the database cannot be reached
 */
export async function openDatabase(url: string, log: Log): Promise<Database> {
  const { options, sharesSession } = await poolOptions(url);
  const pool = new pg.Pool({ ...options, application_name: "honua-state" });
  pool.on("error", (error) => log.warn({ err: error }, "A database connection was lost"));
  // The pool does not listen for errors of a client in use. Its query fails and reports the error.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const dialect = new PostgresDialect({ pool: sharesSession ? pool : preparedStatementPool(pool) });
  const kysely = new Kysely<Tables>({ dialect });
  const mapErrors = async <Value>(work: () => Promise<Value>) => {
    try {
      return await work();
    } catch (error) {
      throw asDatabaseError(error);
    }
  };
  return {
    kysely,
    read: (work) => mapErrors(() => work(kysely)),
    snapshot: (work) =>
      mapErrors(() => kysely.transaction().setIsolationLevel("repeatable read").execute(work)),
    transaction: (work) => mapErrors(() => kysely.transaction().execute(work)),
    close: () => kysely.destroy(),
  };
}

/**
 * PGlite's socket server shares one session between all connections. The pool therefore has a single
 * connection, without session settings and prepared statements, which would leak between users.
 */
async function poolOptions(
  url: string,
): Promise<{ options: pg.PoolConfig; sharesSession: boolean }> {
  const options = { connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS };
  const client = new pg.Client(options);
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>("select version()");
    if (/emcc|emscripten|wasm/i.test(rows[0]?.version ?? "")) {
      return { options: { ...options, max: 1 }, sharesSession: true };
    }
    const serverOptions = {
      max: 10,
      keepAlive: true,
      statement_timeout: 15_000,
      idle_in_transaction_session_timeout: 30_000,
    };
    return { options: { ...options, ...serverOptions }, sharesSession: false };
  } finally {
    await client.end();
  }
}
