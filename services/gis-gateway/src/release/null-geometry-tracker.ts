import type { Statement } from "@honua/pg-raw";
import type { Log } from "@honua/service-kit";
import type { Database } from "../datasource/open-database.ts";
import type { BoundLayer } from "../layer/bound-layer.ts";
import { identifier, qualified } from "../sql/identifier.ts";
import type { Collection, FeatureSource } from "./collection.ts";

/**
 * Tracks which tables have a geometry in every row although their geometry column is nullable.
 *
 * A bbox also matches features without a geometry (Part 1, fc-bbox-response). Searching for them
 * scans the whole spatial index, 30 ms for a million rows. Requests skip that search for tables
 * without null geometries. A table is checked again after rows were written to it.
 */
export interface NullGeometryTracker {
  /** True if every row had a geometry at the last check. */
  hasNoNullGeometry(databaseKey: string, bound: BoundLayer): boolean;
  refresh(collections: ReadonlyMap<string, Collection>): Promise<void>;
}

interface TableState {
  /** The database's counter of rows written to the table, read before the check. */
  rowsWritten: string;
  hasNoNullGeometry: boolean;
  /** Time of the next check at the earliest, from `performance.now()`. */
  nextCheckAt: number;
}

/** Pause after a check, as a multiple of its duration, so that checks use at most 1 % of the time. */
const PAUSE_FACTOR = 100;

export function createNullGeometryTracker(log: Log): NullGeometryTracker {
  const counts = new Map<string, TableState>();

  return {
    hasNoNullGeometry: (databaseKey, bound) =>
      counts.get(keyOf(databaseKey, bound))?.hasNoNullGeometry ?? false,
    async refresh(collections) {
      const byDatabase = new Map<Database, Map<string, FeatureSource>>();
      for (const { source } of collections.values()) {
        if (!source || source.bound.geometry.notNull || source.bound.table.isView) continue;
        const sources = byDatabase.get(source.database) ?? new Map<string, FeatureSource>();
        sources.set(keyOf(source.databaseKey, source.bound), source);
        byDatabase.set(source.database, sources);
      }
      await Promise.all(
        [...byDatabase].map(([database, sources]) => checkTables(database, sources)),
      );
    },
  };

  async function checkTables(
    database: Database,
    sources: Map<string, FeatureSource>,
  ): Promise<void> {
    try {
      const tables = [...sources.values()].map(({ bound }) => bound.table);
      const written = new Map(
        (await database.query(rowsWrittenStatement(tables))).map((row) => [
          JSON.stringify([row.schema_name, row.table_name]),
          String(row.written),
        ]),
      );
      for (const [key, { bound }] of sources) {
        const now = written.get(JSON.stringify([bound.table.schema, bound.table.name]));
        const before = counts.get(key);
        if (now === undefined || now === before?.rowsWritten) continue;
        const started = performance.now();
        if (before && before.nextCheckAt > started) {
          before.hasNoNullGeometry = false;
          continue;
        }
        const [row] = await database.query(nullGeometryStatement(bound));
        const ended = performance.now();
        counts.set(key, {
          rowsWritten: now,
          hasNoNullGeometry: row?.lacking === false,
          nextCheckAt: ended + (ended - started) * PAUSE_FACTOR,
        });
      }
    } catch (error) {
      for (const key of sources.keys()) counts.delete(key);
      log.debug({ err: error }, "Could not check tables for null geometries");
    }
  }
}

function keyOf(databaseKey: string, { table, geometry }: BoundLayer): string {
  return JSON.stringify([databaseKey, table.schema, table.name, geometry.name]);
}

/** Reads how many rows were written to each table. Views and partitioned tables have no counter. */
function rowsWrittenStatement(tables: readonly { schema: string; name: string }[]): Statement {
  return {
    text: `select schemaname as schema_name, relname as table_name, (n_tup_ins + n_tup_upd)::text as written
from pg_stat_user_tables
where (schemaname, relname) in (select * from unnest($1::text[], $2::text[]))`,
    values: [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  };
}

function nullGeometryStatement({ table, geometry }: BoundLayer): Statement {
  const column = identifier(geometry.name);
  return {
    text: `select exists (select 1 from ${qualified(table)} where ${column} is null) as lacking`,
    values: [],
  };
}
