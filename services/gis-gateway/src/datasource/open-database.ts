import { type BufferPool, openRawDatabase, type RawDatabase } from "@honua/pg-raw";
import type { Log } from "@honua/service-kit";
import { clientConfiguration, type DatabaseProfile } from "./client-configuration.ts";
import { type DatabaseFacts, probeDatabase } from "./probe-database.ts";

/** A pool of connections to a GIS database, with the facts that were read when it was opened. */
export interface Database extends RawDatabase {
  readonly facts: DatabaseFacts;
}

/**
 * Connects once to learn what the database offers, then creates a pool.
 *
 * @param options.maxResultBytes maximum bytes of a result, and of a row of a cursor
 * @param options.bufferPool memory for rows, if not that of the process
 * @throws HonuaError `database-unreachable`
 */
export async function openDatabase(
  profile: DatabaseProfile,
  log: Log,
  options: { maxResultBytes?: number; bufferPool?: BufferPool } = {},
): Promise<Database> {
  const { tls, facts } = await probeDatabase(profile);
  const database = openRawDatabase(
    {
      configuration: await clientConfiguration(profile, tls),
      maxConnections: profile.maxConnections,
      waitMs: profile.connectTimeoutSeconds * 1_000,
      idleTimeoutMs: profile.idleTimeoutSeconds * 1_000,
      isSingleSession: facts.pglite,
      ...options,
    },
    log,
  );
  return Object.assign(database, { facts });
}
