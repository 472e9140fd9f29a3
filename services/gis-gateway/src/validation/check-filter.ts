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
 * The layer's own filter over the columns of its table, also those that are no properties: what
 * decides whether a feature is published need not be published itself.
 *
 * @throws Cql2Error when it cannot be read, or does not fit the table
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

/** What is wrong with a layer's filter, as a problem says it. */
export function invalidFilterMessage(error: Cql2Error): string {
  const where = error.position && "offset" in error.position ? error.position.offset + 1 : 0;
  const place = where > 0 ? ` At character ${where}.` : "";
  return `the filter of the layer does not fit its table: ${error.message}${place}`;
}

/** Columns by their names, with the types that the layer gives its properties. */
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
