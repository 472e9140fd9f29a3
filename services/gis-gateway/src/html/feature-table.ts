import type { Layer, Property } from "@honua/contracts";
import type { Collection } from "../release/collection.ts";
import { type Content, html, type Markup } from "./markup.ts";
import type { ViewFeature } from "./parse-geojson.ts";
import { geometryText, isNumeric, propertyTitle, propertyValue } from "./property-value.ts";

/** What fills the table of a collection's features. */
export type RenderFeatureTable = (features: readonly ViewFeature[], items: string) => Markup;

/** Makes the table of each collection once; those of a replaced release go with it. */
export function createFeatureTableCache(): (collection: Collection) => RenderFeatureTable {
  const tables = new WeakMap<Collection, RenderFeatureTable>();
  return (collection) => {
    const table = tables.get(collection) ?? createFeatureTable(collection.layer);
    tables.set(collection, table);
    return table;
  };
}

/** Makes the head of a table once; only its rows depend on a request. */
export function createFeatureTable({ title, properties }: Layer): RenderFeatureTable {
  const columns = properties.map((property) => ({
    name: property.name,
    kind: cellClass(property),
  }));
  const head = html`<caption class="unseen">Features of ${title}</caption>
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

/** Characters of a value beyond which a table shows only its beginning. */
const MAX_CELL_CHARACTERS = 120;

/** A value in a table: rows stay comparable when one of them holds a whole text. */
function cellOf(value: unknown): Content {
  const shown = propertyValue(value);
  const isLong =
    typeof value === "object" ? value !== null : String(value).length > MAX_CELL_CHARACTERS;
  return isLong ? html`<div class="long">${shown}</div>` : shown;
}

/** How a column reads: numbers by their digits, moments in one line. */
function cellClass(property: Property): string {
  if (isNumeric(property)) return "number";
  return ["date", "datetime", "time", "uuid"].includes(property.type) ? "moment" : "text";
}
