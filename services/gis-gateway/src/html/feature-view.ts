import { apiUrl } from "../ogc/link.ts";
import type { Collection } from "../release/collection.ts";
import { mapFigure } from "./map-figure.ts";
import { html } from "./markup.ts";
import { parseGeojson, type ViewFeature } from "./parse-geojson.ts";
import { geometryText, propertyTitle, propertyValue } from "./property-value.ts";
import type { Site } from "./site.ts";
import { definitionList, renderView } from "./view-layout.ts";

/**
 * Renders a feature.
 *
 * @param geojson GeoJSON text of the feature
 */
export function renderFeatureView(site: Site, { layer }: Collection, geojson: string): string {
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const { id, geometry, properties } = parseGeojson<ViewFeature>(geojson);
  return renderView(site, {
    title: `${layer.title}: ${id}`,
    breadcrumbs: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title, href: path() },
      { title: "Features", href: path("items") },
      { title: String(id) },
    ],
    json: `${path("items", String(id))}?f=json`,
    hasMap: true,
    main: html`<h1>${layer.title}: ${id}</h1>
${
  geometry !== null &&
  mapFigure(site, [layer], {
    label: `Map of the feature ${id}`,
    alternative: "The properties are listed below.",
    features: geojson,
  })
}
<h2>Properties</h2>
${definitionList([
  ["Id", String(id)],
  ...layer.properties.map(
    (property) => [propertyTitle(property), propertyValue(properties[property.name])] as const,
  ),
  ["Geometry", geometryText(geometry)],
])}`,
  });
}
