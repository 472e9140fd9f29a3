import { BoundValues, type Statement } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import { identifier, qualified } from "./identifier.ts";
import { restrictionConditions } from "./restriction.ts";

/**
 * Reads the exact bounding box of all features in degrees, from the whole table. A feature with a
 * NaN coordinate is left out, because `st_extent` would discard the box of all features before it.
 */
export function exactExtentStatement(bound: BoundLayer): Statement {
  const { table, geometry, storage } = bound;
  const values = new BoundValues();
  const column = `t.${identifier(geometry.name)}`;
  const inDegrees = storage.kind === "crs84" ? column : `st_transform(${column}, 4326)`;
  const corners = ["st_xmin", "st_xmax", "st_ymin", "st_ymax"].map(
    (corner) => `${corner}(${column})`,
  );
  const hasNumbers = `abs(${corners.join(" + ")}) < 'Infinity'`;
  return {
    text: `select ${CORNERS} from (select st_extent(${inDegrees}) filter (where ${hasNumbers}) as e from ${qualified(table)} t${whereClause(restrictionConditions(bound, values))}) x`,
    values: values.all(),
  };
}

/**
 * Reads the bounding box in degrees from the spatial index or the statistics, without reading rows.
 * It covers the whole table, so that a layer with a filter cannot use it.
 */
export function estimatedExtentStatement({ table, geometry, storage }: BoundLayer): Statement {
  const inDegrees =
    storage.kind === "crs84"
      ? "b"
      : "st_transform(st_segmentize(b, greatest(st_perimeter(b) / 64, 1e-9)), 4326)";
  return {
    text: `select ${CORNERS} from (select ${inDegrees}::box2d as e
  from (select st_setsrid(st_estimatedextent($1, $2, $3)::geometry, ${storage.srid}) as b) y) x`,
    values: [table.schema, table.name, geometry.name],
  };
}

const CORNERS = "st_xmin(e) as west, st_ymin(e) as south, st_xmax(e) as east, st_ymax(e) as north";

/** Reads the first and last instants of all features. */
export function exactIntervalStatement(
  bound: BoundLayer,
  temporal: NonNullable<BoundLayer["temporal"]>,
): Statement {
  const values = new BoundValues();
  const first = utc(temporal.start, `min(t.${identifier(temporal.start.name)})`);
  const last = utc(temporal.end, `max(t.${identifier(temporal.end.name)})`);
  return {
    text: `select to_json(${first})::text as first, to_json(${last})::text as last from ${qualified(bound.table)} t${whereClause(restrictionConditions(bound, values))}`,
    values: values.all(),
  };
}

function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
}

function utc({ type }: CatalogColumn, value: string): string {
  if (type === "timestamptz") return `${value} at time zone 'UTC'`;
  return type === "date" ? `${value}::timestamp` : value;
}
