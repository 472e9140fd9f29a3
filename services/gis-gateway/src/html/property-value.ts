import type { Property } from "@honua/contracts";
import { positionText } from "./extent-text.ts";
import { type Content, html } from "./markup.ts";
import type { ViewFeature } from "./parse-geojson.ts";
import { webLink } from "./view-layout.ts";

/** Renders a property's value. */
export function propertyValue(value: unknown): Content {
  if (value === null || value === undefined) return html`<span class="none">no value</span>`;
  if (typeof value === "string") return textValue(value);
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  const json = JSON.stringify(value);
  return html`<code>${shortened(json)}</code>${json.length > MAX_CHARACTERS && SHORTENED_NOTE}`;
}

/** Maximum number of characters of a value. */
const MAX_CHARACTERS = 5_000;
const SHORTENED_NOTE = html` <span class="none">(shortened; the JSON contains the full value)</span>`;

function textValue(text: string): Content {
  return text.length > MAX_CHARACTERS ? html`${shortened(text)}${SHORTENED_NOTE}` : webLink(text);
}

/** The beginning of a text, without splitting a surrogate pair. */
function shortened(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${text.slice(0, MAX_CHARACTERS).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The title of a property with its unit. */
export function propertyTitle({ name, title, unit }: Property): string {
  return unit === undefined ? (title ?? name) : `${title ?? name} (${unit})`;
}

/** True for numeric properties, which are aligned by their digits. */
export function isNumeric({ type }: Property): boolean {
  return type === "integer" || type === "number";
}

/** The position of a point, or the geometry type of other geometries. */
export function geometryText(geometry: ViewFeature["geometry"]): Content {
  if (geometry === null) return html`<span class="none">no geometry</span>`;
  if (geometry.type !== "Point") return geometry.type;
  const [east, north] = (geometry.coordinates as unknown[]).map(Number);
  return east === undefined || north === undefined ? "empty" : positionText(east, north);
}
