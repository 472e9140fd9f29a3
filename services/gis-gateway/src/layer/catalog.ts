import type { Row, Statement } from "@honua/pg-raw";

/** A table, view or foreign table as the database describes it. */
export interface CatalogTable {
  schema: string;
  name: string;
  isView: boolean;
  readable: boolean;
  /**
   * Rows at the last ANALYZE. Before the first ANALYZE, the upper bound derived from the size of the
   * table; -1 if unknown.
   */
  estimatedRows: number;
  columns: ReadonlyMap<string, CatalogColumn>;
  indexes: readonly CatalogIndex[];
}

export interface CatalogColumn {
  name: string;
  /** The base type of any domain, as `pg_type.typname`: `int4`, `timestamptz`, `_text`. */
  type: string;
  /** The type in SQL syntax, such as `timestamp with time zone`. */
  sqlType: string;
  /** `pg_type.typcategory`: N numeric, S string, D date or time, A array, E enum … */
  category: string;
  /** True for a `numeric` with scale 0. */
  isWhole: boolean;
  notNull: boolean;
  /**
   * True if an index on the column sorts nulls as lower than all values, as `desc nulls last` does;
   * by default an index sorts them as higher.
   */
  nullsLow?: boolean;
  /** The type modifier of a geometry column; "Geometry" and 0 do not restrict its rows. */
  geometry?: { type: string; srid: number };
}

export interface CatalogIndex {
  primary: boolean;
  unique: boolean;
  /** Access method: `btree`, `gist`, `spgist`, `brin` … */
  method: string;
  columns: readonly string[];
}

export type TableName = { schema: string; name: string };

/** Key of a table in maps. */
export function tableKey({ schema, name }: TableName): string {
  return `${schema}\u0000${name}`;
}

/** The smallest size of a row with a geometry. */
const MIN_ROW_BYTES = 64;

const CATALOG = `
with wanted as (select * from unnest($1::text[], $2::text[]) as w(schema_name, table_name))
select w.schema_name, w.table_name, c.relkind = 'v' as is_view,
  has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable,
  case when c.relkind in ('r', 'm') and c.reltuples < 0
    then pg_relation_size(c.oid) / ${MIN_ROW_BYTES}.0 else c.reltuples end::float8 as estimated_rows,
  (select json_agg(json_build_array(
       a.attname, b.typname, format_type(b.oid, -1), b.typcategory,
       b.typname = 'numeric' and m.typmod >= 4 and (m.typmod - 4) & 65535 = 0,
       a.attnotnull or t.typnotnull,
       case when b.typname = 'geometry'
         then json_build_array(postgis_typmod_type(m.typmod), postgis_typmod_srid(m.typmod)) end)
     order by a.attnum)
   from pg_attribute a
   join pg_type t on t.oid = a.atttypid
   join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
   cross join lateral (select case when t.typtype = 'd' then t.typtypmod else a.atttypmod end) m(typmod)
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select json_agg(json_build_array(i.indisprimary, i.indisunique, am.amname,
       (select json_agg(a.attname order by k.position)
        from unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where k.position <= i.indnkeyatts), i.indoption[0] in (1, 2)))
   from pg_index i
   join pg_class x on x.oid = i.indexrelid
   join pg_am am on am.oid = x.relam
   where i.indrelid = c.oid and i.indisvalid and i.indpred is null
     and 0 <> all (i.indkey::int2[])) as indexes
from wanted w
join pg_namespace n on n.nspname = w.schema_name
join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
  and c.relkind in ('r', 'p', 'v', 'm', 'f')`;

/** Reads everything about these tables that validation needs, in one statement. */
export function catalogStatement(tables: readonly TableName[]): Statement {
  return {
    text: CATALOG,
    values: [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  };
}

/** Reads the rows of `catalogStatement`: the tables that exist. */
export function parseCatalog(rows: readonly Row[]): Map<string, CatalogTable> {
  return new Map(
    rows.map((row) => {
      const table = parseTable(row);
      return [tableKey(table), table];
    }),
  );
}

type ColumnTuple = [
  name: string,
  type: string,
  sqlType: string,
  category: string,
  isWhole: boolean,
  notNull: boolean,
  geometry: [type: string, srid: number] | null,
];
type IndexTuple = [
  primary: boolean,
  unique: boolean,
  method: string,
  columns: string[],
  nullsLow: boolean,
];

function parseTable(row: Row): CatalogTable {
  const columns = (row.columns ?? []) as ColumnTuple[];
  const indexes = (row.indexes ?? []) as IndexTuple[];
  const nullsLow = new Set(
    indexes
      .filter(([, , method, , low]) => method === "btree" && low)
      .map(([, , , [name]]) => name),
  );
  return {
    schema: String(row.schema_name),
    name: String(row.table_name),
    isView: row.is_view === true,
    readable: row.readable === true,
    estimatedRows: Number(row.estimated_rows),
    columns: new Map(
      columns.map(([name, type, sqlType, category, isWhole, notNull, geometry]) => [
        name,
        {
          name,
          type,
          sqlType,
          category,
          isWhole,
          notNull,
          ...(nullsLow.has(name) ? { nullsLow: true } : {}),
          ...(geometry ? { geometry: { type: geometry[0], srid: geometry[1] } } : {}),
        },
      ]),
    ),
    indexes: indexes.map(([primary, unique, method, names]) => ({
      primary,
      unique,
      method,
      columns: names,
    })),
  };
}

/** Reads the names of all tables and views, for suggestions. */
export const tableNamesStatement: Statement = {
  text: `
select n.nspname as schema_name, c.relname as table_name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
limit 5000`,
  values: [],
};
