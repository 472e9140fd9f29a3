import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import { identifier } from "./identifier.ts";

/** An instant or a closed period. An absent end is open. */
export interface TemporalExtent {
  /** RFC 3339 in UTC. */
  start?: string;
  end?: string;
}

/**
 * SQL that is true if a feature's time intersects the requested one or is null. Undefined for a
 * layer without a datetime column, whose features all match (Part 1, 7.15.4).
 */
export function datetimeFilter(
  { temporal }: BoundLayer,
  requested: TemporalExtent,
  values: BoundValues,
): string | undefined {
  if (!temporal) return undefined;
  const { start, end } = temporal;
  const bounds: string[] = [];
  if (requested.start !== undefined) bounds.push(bound(end, ">=", requested.start, values));
  if (requested.end !== undefined) bounds.push(bound(start, "<=", requested.end, values));
  const during = bounds.join(" and ");
  if (start === end) return start.notNull ? during : `(${during} or ${column(start)} is null)`;
  return during;
}

/** A null end of a period is open, so that it never excludes a feature. */
function bound(
  of: CatalogColumn,
  comparison: string,
  instant: string,
  values: BoundValues,
): string {
  const compared = `${column(of)} ${comparison} ${instantAs(of, values.add(instant))}`;
  return of.notNull ? compared : `(${compared} or ${column(of)} is null)`;
}

function column(of: CatalogColumn): string {
  return `t.${identifier(of.name)}`;
}

/** The instant in the column's own type, so that an index on the column can be used. */
function instantAs({ type }: CatalogColumn, placeholder: string): string {
  if (type === "timestamptz") return `${placeholder}::timestamptz`;
  const utc = `(${placeholder}::timestamptz at time zone 'UTC')`;
  return type === "date" ? `${utc}::date` : utc;
}
