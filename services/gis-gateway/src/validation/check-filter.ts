import type { Layer } from "@honua/contracts";
import { type Cql2Error, parseText } from "@honua/cql2";
import { BoundValues } from "@honua/pg-raw";
import type { LayerRestriction } from "../layer/bound-layer.ts";
import type { BoundProperty } from "../layer/bound-property.ts";
import type { CatalogColumn, CatalogTable } from "../layer/catalog.ts";
import { filterContext } from "../layer/filter-context.ts";
import { servablePropertyTypes } from "../layer/property-type.ts";
import { cql2Condition } from "../sql/cql2-filter.ts";

/**
 * Parses the layer's own filter and checks it against the table. The filter may use columns that
 * are not properties: the column that decides about publishing need not be published itself.
 *
 * @returns undefined for a layer without a filter
 * @throws Cql2Error if the filter is invalid or does not fit the table
 */
export function compileRestriction(
  layer: Pick<Layer, "filter" | "properties">,
  {
    table,
    geometry,
    srid,
    unaccent,
  }: { table: CatalogTable; geometry: CatalogColumn; srid: number; unaccent: boolean },
): LayerRestriction | undefined {
  if (layer.filter === undefined) return undefined;
  const expression = parseText(layer.filter);
  const context = filterContext({
    properties: filterableProperties(layer, table),
    geometry,
    storage: { srid },
    unaccent,
  });
  cql2Condition(context, { expression }, new BoundValues());
  return { expression, context };
}

/** The message of the problem for an invalid filter. */
export function invalidFilterMessage(error: Cql2Error): string {
  const where = error.position && "offset" in error.position ? error.position.offset + 1 : 0;
  const place = where > 0 ? ` At character ${where}.` : "";
  return `The filter of the layer does not fit its table: ${error.message}${place}`;
}

/** All columns except geometries, with the types of the layer's properties. */
function filterableProperties(
  { properties }: Pick<Layer, "properties">,
  { columns }: CatalogTable,
): BoundProperty[] {
  const configured = new Map(properties.map((property) => [property.name, property]));
  return [...columns.values()].flatMap((column): BoundProperty[] => {
    if (column.geometry) return [];
    const [natural] = servablePropertyTypes(column);
    const property =
      configured.get(column.name) ??
      (natural === undefined ? undefined : { name: column.name, type: natural, nullable: true });
    return property ? [{ property, column }] : [];
  });
}
