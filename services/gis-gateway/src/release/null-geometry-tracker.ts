import type { Statement } from "@honua/pg-raw";
import type { Log } from "@honua/service-kit";
import type { Database } from "../datasource/open-database.ts";
import type { BoundLayer } from "../layer/bound-layer.ts";
import { identifier, qualified } from "../sql/identifier.ts";
import type { Collection, FeatureSource } from "./collection.ts";

/**
 * Knows which tables have a geometry in every row although their column allows for none.
 *
 * A box matches features without a geometry too (Part 1, fc-bbox-response). Asking for them costs a
 * walk through the whole spatial index, 30 ms for a million rows, so that tables without any are not
 * asked. A table is looked at again once rows were written to it.
 */
export interface GeometryCensus {
  /** True when no row lacked a geometry at the last look. */
  isComplete(databaseKey: string, bound: BoundLayer): boolean;
  refresh(collections: ReadonlyMap<string, Collection>): Promise<void>;
}

interface Count {
  /** Rows written to the table until the look, as the database counts them. */
  written: string;
  complete: boolean;
  /** Time before which a table that takes long is not looked at again. */
  restsUntil: number;
}

/** A look may take up to a hundredth of the time. */
const REST_FACTOR = 100;

export function createGeometryCensus(log: Log): GeometryCensus {
  const counts = new Map<string, Count>();

  return {
    isComplete: (databaseKey, bound) => counts.get(keyOf(databaseKey, bound))?.complete ?? false,
    async refresh(collections) {
      const byDatabase = new Map<Database, Map<string, FeatureSource>>();
      for (const { source } of collections.values()) {
        if (!source || source.bound.geometry.notNull || source.bound.table.isView) continue;
        const sources = byDatabase.get(source.database) ?? new Map<string, FeatureSource>();
        sources.set(keyOf(source.databaseKey, source.bound), source);
        byDatabase.set(source.database, sources);
      }
      await Promise.all([...byDatabase].map(([database, sources]) => look(database, sources)));
    },
  };

  async function look(database: Database, sources: Map<string, FeatureSource>): Promise<void> {
    try {
      const tables = [...sources.values()].map(({ bound }) => bound.table);
      const written = new Map(
        (await database.query(writtenStatement(tables))).map((row) => [
          JSON.stringify([row.schema_name, row.table_name]),
          String(row.written),
        ]),
      );
      for (const [key, { bound }] of sources) {
        const now = written.get(JSON.stringify([bound.table.schema, bound.table.name]));
        const before = counts.get(key);
        if (now === undefined || now === before?.written) continue;
        const started = performance.now();
        if (before && before.restsUntil > started) {
          before.complete = false;
          continue;
        }
        const [row] = await database.query(lackingStatement(bound));
        const ended = performance.now();
        counts.set(key, {
          written: now,
          complete: row?.lacking === false,
          restsUntil: ended + (ended - started) * REST_FACTOR,
        });
      }
    } catch (error) {
      for (const key of sources.keys()) counts.delete(key);
      log.debug({ err: error }, "Could not find out which tables have a geometry in every row");
    }
  }
}

function keyOf(databaseKey: string, { table, geometry }: BoundLayer): string {
  return JSON.stringify([databaseKey, table.schema, table.name, geometry.name]);
}

/** How often rows were written to each table; views and partitioned tables have no count. */
function writtenStatement(tables: readonly { schema: string; name: string }[]): Statement {
  return {
    text: `select schemaname as schema_name, relname as table_name, (n_tup_ins + n_tup_upd)::text as written
from pg_stat_user_tables
where (schemaname, relname) in (select * from unnest($1::text[], $2::text[]))`,
    values: [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  };
}

function lackingStatement({ table, geometry }: BoundLayer): Statement {
  const column = identifier(geometry.name);
  return {
    text: `select exists (select 1 from ${qualified(table)} where ${column} is null) as lacking`,
    values: [],
  };
}
