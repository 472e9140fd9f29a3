import { createHash } from "node:crypto";
import type { Log } from "@honua/service-kit";
import type { DatabaseProfile } from "./client-configuration.ts";
import { connectionShare } from "./connection-share.ts";
import { type Database, openDatabase } from "./open-database.ts";

/** The use of a database by one release. */
export interface DatabaseLease {
  database: Database;
  /** Identifies the database without revealing its address. */
  key: string;
  /** Ends the use. The last release closes the connections. */
  release(): void;
}

/** Shares connections between releases whose datasources resolve to the same database. */
export interface DatabaseRegistry {
  /** @throws HonuaError `database-unreachable` */
  lease(profile: DatabaseProfile): Promise<DatabaseLease>;
  /** The number of open databases. */
  size(): number;
}

/**
 * @param options.workers number of processes that share the connections of a datasource
 * @param options.maxResultBytes as for `openDatabase`
 */
export function createDatabaseRegistry(
  log: Log,
  { workers = 1, maxResultBytes }: { workers?: number; maxResultBytes?: number } = {},
): DatabaseRegistry {
  const limits = maxResultBytes === undefined ? {} : { maxResultBytes };
  const entries = new Map<string, { opening: Promise<Database>; leases: number }>();

  return {
    async lease(profile) {
      const key = keyOf(profile);
      const maxConnections = connectionShare(profile.maxConnections, workers);
      const opened = () => openDatabase({ ...profile, maxConnections }, log, limits);
      const used = entries.get(key) ?? { opening: opened(), leases: 0 };
      entries.set(key, used);
      used.leases += 1;
      let ended = false;
      const release = () => {
        if (ended) return;
        ended = true;
        used.leases -= 1;
        if (used.leases > 0) return;
        if (entries.get(key) === used) entries.delete(key);
        used.opening
          .then((database) => database.close())
          .catch((error: unknown) =>
            log.debug({ err: error }, "Could not close a database that failed to open"),
          );
      };
      try {
        return { database: await used.opening, key, release };
      } catch (error) {
        // The next caller tries again instead of waiting for the failed attempt.
        if (entries.get(key) === used) entries.delete(key);
        throw error;
      }
    },
    size: () => entries.size,
  };
}

/** The key is a hash, because it also depends on the password. */
function keyOf(profile: DatabaseProfile): string {
  return createHash("sha256").update(JSON.stringify(profile)).digest("base64url");
}
