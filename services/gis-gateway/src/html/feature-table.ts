import type { Layer, Property } from "@honua/contracts";
import type { Collection } from "../release/collection.ts";
import { type Content, html, type Markup } from "./markup.ts";
import type { ViewFeature } from "./parse-geojson.ts";
import { geometryText, isNumeric, propertyTitle, propertyValue } from "./property-value.ts";

/**
 * Renders the table of a collection's features.
 *
 * @param items path of the collection's items
 */
export type RenderFeatureTable = (features: readonly ViewFeature[], items: string) => Markup;

/** Caches the table renderer of each collection for as long as its release is in memory. */
export function createFeatureTableCache(): (collection: Collection) => RenderFeatureTable {
  const tables = new WeakMap<Collection, RenderFeatureTable>();
  return (collection) => {
    const table = tables.get(collection) ?? createFeatureTable(collection.layer);
    tables.set(collection, table);
    return table;
  };
}

/** Renders the head of a table once; only its rows depend on a request. */
export function createFeatureTable({ title, properties }: Layer): RenderFeatureTable {
  const columns = properties.map((property) => ({
    name: property.name,
    kind: cellClass(property),
  }));
  const head = html`<caption class="visually-hidden">Features of ${title}</caption>
<thead><tr><th scope="col">Id</th>${properties.map(
    (property) =>
      html`<th scope="col" class="${cellClass(property)}">${propertyTitle(property)}</th>`,
  )}<th scope="col">Geometry</th></tr></thead>`;

  return (
    features,
    items,
  ) => html`<div class="table" role="region" aria-label="Features of ${title}" tabindex="0">
<table>${head}
<tbody>${features.map(
    ({ id, geometry, properties: values }) =>
      html`<tr><th scope="row"><a href="${`${items}/${encodeURIComponent(id)}`}">${id}</a></th>${columns.map(
        ({ name, kind }) => html`<td class="${kind}">${cellOf(values[name])}</td>`,
      )}<td class="geometry">${geometryText(geometry)}</td></tr>
`,
  )}</tbody></table>
</div>`;
}

/** Characters beyond which a table shows only the beginning of a value. */
const MAX_CELL_CHARACTERS = 120;

/** A value in a table. Long values are clamped, so that rows keep similar heights. */
function cellOf(value: unknown): Content {
  const shown = propertyValue(value);
  const isLong =
    typeof value === "object" ? value !== null : String(value).length > MAX_CELL_CHARACTERS;
  return isLong ? html`<div class="long">${shown}</div>` : shown;
}

/** CSS class of a column: numbers are aligned by their digits, moments stay on one line. */
function cellClass(property: Property): string {
  if (isNumeric(property)) return "number";
  return ["date", "datetime", "time", "uuid"].includes(property.type) ? "moment" : "text";
}
