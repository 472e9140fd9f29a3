import type { Property } from "@honua/contracts";
import { placeText } from "./extent-text.ts";
import type { ShownFeature } from "./feature-text.ts";
import { type Content, html } from "./markup.ts";
import { webLink } from "./page.ts";

/** A property's value for people. */
export function propertyValue(value: unknown): Content {
  if (value === null || value === undefined) return html`<span class="none">no value</span>`;
  if (typeof value === "string") return webLink(value);
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return html`<code>${JSON.stringify(value)}</code>`;
}

/** How a property is called, with its unit. */
export function propertyTitle({ name, title, unit }: Property): string {
  return unit === undefined ? (title ?? name) : `${title ?? name} (${unit})`;
}

/** True for values that read better aligned by their digits. */
export function isNumeric({ type }: Property): boolean {
  return type === "integer" || type === "number";
}

/** Where a feature is: the place of a point, the kind of anything else. */
export function geometryText(geometry: ShownFeature["geometry"]): Content {
  if (geometry === null) return html`<span class="none">no geometry</span>`;
  if (geometry.type !== "Point") return geometry.type;
  const [east, north] = (geometry.coordinates as unknown[]).map(Number);
  return east === undefined || north === undefined ? "empty" : placeText(east, north);
}
