import { createHash } from "node:crypto";
import type { Log } from "@honua/service-kit";
import { connectionShare } from "../workers/resource-share.ts";
import type { DatabaseProfile } from "./client-configuration.ts";
import { type Database, openDatabase } from "./open-database.ts";

/** The use of a database by one release. */
export interface DatabaseLease {
  database: Database;
  /** Tells databases apart without telling what they are. */
  key: string;
  /** Ends the use; the last one to do so closes the connections. */
  release(): void;
}

/** Shares connections between releases whose datasources resolve to the same database. */
export interface DatabaseRegistry {
  /** @throws HonuaError `database-unreachable` */
  lease(profile: DatabaseProfile): Promise<DatabaseLease>;
  /** How many databases are open. */
  size(): number;
}

/**
 * @param options.workers how many processes divide the connections of a datasource between them
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
          .catch((error: unknown) => log.debug({ err: error }, "A database was not open to close"));
      };
      try {
        return { database: await used.opening, key, release };
      } catch (error) {
        // Whoever comes next tries again instead of waiting for what has failed.
        if (entries.get(key) === used) entries.delete(key);
        throw error;
      }
    },
    size: () => entries.size,
  };
}

/** Passwords tell databases apart too, so that the key is a hash. */
function keyOf(profile: DatabaseProfile): string {
  return createHash("sha256").update(JSON.stringify(profile)).digest("base64url");
}
