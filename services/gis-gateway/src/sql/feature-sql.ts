import { createHash } from "node:crypto";
import type { BoundLayer } from "../check/bound-layer.ts";
import type { CatalogColumn } from "../check/catalog.ts";
import type { OfferedSystem } from "../check/offered-systems.ts";
import { BoundValues, type Statement } from "../database/statement.ts";
import { type Area, areaFilter } from "./area-filter.ts";
import { type Box, bboxFilter } from "./bbox-filter.ts";
import { datetimeFilter, type TemporalExtent } from "./datetime-filter.ts";
import { featureColumns, featureJson } from "./feature-json.ts";
import { identifier, qualified } from "./identifier.ts";

/** Which features a page is made of. */
export interface PageRequest {
  limit: number;
  offset: number;
  /** Key of the last feature of the page before, as text. */
  after?: string;
  boxes?: readonly Box[];
  /** Boxes that cannot be said in degrees. */
  areas?: readonly Area[];
  during?: TemporalExtent;
  equals: readonly { column: CatalogColumn; value: string }[];
  /** True: also count what matches, up to `COUNTED_ROWS`. */
  counts: boolean;
  /** True: test every row, because a box could not be projected. */
  wholeTable: boolean;
  /** True: boxes also match features without a geometry, of which there may be some. */
  mayLackGeometries: boolean;
  /** Coordinates of the answer; CRS84 when absent. */
  system?: OfferedSystem | undefined;
}

/** Every statement that a collection's features are read with; one statement per request. */
export interface FeatureSql {
  /** Gives one row: `features` (text), `fetched`, `last` (key, text) and `matched`. */
  page(request: PageRequest): Statement;
  /** Gives one row with `feature`, the GeoJSON without its closing brace, or none. */
  feature(id: string, system?: OfferedSystem): Statement;
}

/** Matches are counted up to here; more of them, and the number is not told. */
export const COUNTED_ROWS = 10_000;

/** Limits that clients keep asking for, and whose plans are worth keeping. */
const PLANNED_LIMITS = new Set([1, 10, 20, 25, 50, 100, 200, 500, 1_000, 5_000, 10_000]);

/**
 * Writes the statements of one collection.
 *
 * A page's inner query filters, orders by the key and takes one row more than asked, to know whether
 * there are more; the outer one makes GeoJSON text of the others. The limit is written out, because
 * a plan made for an unknown one expects a tenth of the table.
 */
export function compileFeatureSql(bound: BoundLayer): FeatureSql {
  const table = qualified(bound.table);
  const key = `t.${identifier(bound.key.name)}`;
  const keyType = bound.key.sqlType;
  const columns = featureColumns(bound)
    .map((name) => `t.${identifier(name)}`)
    .join(", ");
  const shapes = new Map<string | undefined, Shape>();
  const shapeIn = (system: OfferedSystem | undefined): Shape => {
    const known = shapes.get(system?.uri) ?? shapeOf(featureJson(bound, "r", system));
    shapes.set(system?.uri, known);
    return known;
  };
  const shapeOf = (json: string): Shape => ({
    json,
    digest: createHash("sha1").update(`${table} ${columns} ${json}`).digest("base64url"),
  });
  const orderedKey = `p.${identifier(bound.key.name)}`;
  const lastKey = `r.${identifier(bound.key.name)}::text`;
  const identified = bound.key.notNull ? [] : [`${key} is not null`];

  return {
    feature(id, system) {
      const { json, digest } = shapeIn(system);
      const text = `select ${json} as feature
from (select ${columns} from ${table} t where ${key} = $1::${keyType} limit 1) r`;
      return { text, values: [id], name: `f_${digest}` };
    },
    page(request) {
      const { limit, offset } = request;
      const { json, digest } = shapeIn(request.system);
      const values = new BoundValues();
      const filters = [...identified, ...filtersOf(bound, request, values)];
      const after =
        request.after === undefined ? [] : [`${key} > ${values.add(request.after)}::${keyType}`];
      const matched = request.counts
        ? `(select count(*)::int from (select 1 from ${table} t${where(filters)} limit ${COUNTED_ROWS + 1}) c)`
        : "null::int";
      const text = `select coalesce(string_agg(${json} || '}', ',') filter (where r."$n" <= ${limit}), '') as features,
  count(*)::int as fetched,
  max(${lastKey}) filter (where r."$n" = ${limit}) as last,
  ${matched} as matched
from (select p.*, row_number() over (order by ${orderedKey}) as "$n"
  from (select ${columns}
    from ${table} t${where([...filters, ...after])}
    order by ${key}
    limit ${limit + 1}${offset === 0 ? "" : ` offset ${offset}`}) p) r`;
      const name = isPlanned(request)
        ? { name: `p_${digest}_${limit}${after.length}${request.counts ? "c" : ""}` }
        : {};
      return { text, values: values.all(), ...name };
    },
  };
}

/** GeoJSON of a feature in one system, and what tells its statements from others. */
interface Shape {
  json: string;
  digest: string;
}

function filtersOf(bound: BoundLayer, request: PageRequest, values: BoundValues): string[] {
  const filters = request.equals.map(
    ({ column, value }) => `t.${identifier(column.name)} = ${values.add(value)}::${column.sqlType}`,
  );
  if (request.boxes) {
    filters.push(bboxFilter(bound, request.boxes, values, request));
  }
  if (request.areas) filters.push(areaFilter(bound, request.areas, values, request));
  const during = request.during && datetimeFilter(bound, request.during, values);
  if (during) filters.push(during);
  return filters;
}

/** Only pages without a filter: the plan for a filter depends on what is asked. */
function isPlanned({ limit, offset, boxes, areas, during, equals }: PageRequest): boolean {
  const isFiltered = (boxes ?? areas) !== undefined || during !== undefined || equals.length > 0;
  return !isFiltered && offset === 0 && PLANNED_LIMITS.has(limit);
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `\n    where ${conditions.join(" and ")}`;
}
