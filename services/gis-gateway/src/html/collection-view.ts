import { itemFormats } from "../features/formats/item-formats.ts";
import { apiUrl } from "../ogc/link.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";
import {
  collectionTileSource,
  sourceTileMatrixSets,
  type TileSource,
} from "../tiles/tile-documents.ts";
import { bboxText, intervalText } from "./extent-text.ts";
import { MAX_VIEW_FEATURES } from "./items-view.ts";
import { mapFigure } from "./map-figure.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { mapTilesOf } from "./tileset-view.ts";
import { definitionList, renderView, webLink } from "./view-layout.ts";

/**
 * Renders a collection. The browser reads the features on its map, so that the view needs no query.
 */
export function renderCollectionView(
  site: Site,
  collection: Collection,
  { extents }: ActiveRelease,
): string {
  const { layer, service, unavailable } = collection;
  const tiled = collectionTileSource(collection);
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const extent = extents.get(layer.id) ?? {};
  return renderView(site, {
    title: layer.title,
    breadcrumbs: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title },
    ],
    json: `${path()}?f=json`,
    hasMap: true,
    main: html`<h1>${layer.title}</h1>
${layer.description !== undefined && html`<p class="lead">${layer.description}</p>`}
${
  unavailable === undefined
    ? html`<p><a class="button" href="${path("items")}">Browse the features</a></p>
${mapFigure(site, [layer], {
  label: `Map of ${layer.title}`,
  ...mapFeatures(site, collection, tiled),
  bbox: extent.bbox,
})}`
    : html`<p class="problem">Its features are temporarily unavailable.</p>`
}
<h2>About</h2>
${definitionList([
  ["Id", html`<code>${layer.id}</code>`],
  ["Service", service.title],
  ["Keywords", layer.keywords.join(", ")],
  ["Extent", bboxText(extent)],
  ["Time", intervalText(extent)],
  ["Geometries", layer.geometryType],
  ["License", service.license === undefined ? undefined : webLink(service.license)],
])}
<h2>More</h2>
<ul class="links">
<li><a href="${path("queryables")}">Queryables</a> <span class="note">properties for filters</span></li>
<li><a href="${path("schema")}">Schema</a> <span class="note">properties of the features</span></li>
${tiled && html`<li><a href="${path("tiles")}">Tiles</a> <span class="note">vector tiles for maps</span></li>`}
</ul>
${
  unavailable === undefined &&
  html`<h2>Download the features</h2>
<ul class="row">${[{ name: "json", title: "GeoJSON" }, ...itemFormats(collection)].map(
    ({ name, title }) => html`<li><a href="${`${path("items")}?f=${name}`}">${title}</a></li>`,
  )}</ul>
<p class="note">A file contains one page of features. Set <code>limit</code> to get up to ${collection.limits.max}.</p>`
}`,
  });
}

/** The map shows all features of a small table from tiles, and a sample of a large table. */
function mapFeatures(site: Site, collection: Collection, tiled: TileSource | undefined) {
  const items = apiUrl(site.root, "collections", collection.layer.id, "items");
  const set = tiled && sourceTileMatrixSets(tiled).find(({ id }) => id === "WebMercatorQuad");
  if (tiled && set && collection.source?.counts) {
    return {
      alternative: "The features are also listed in a table.",
      tiles: mapTilesOf(site, tiled, set),
    };
  }
  return {
    alternative: `The map shows up to ${MAX_VIEW_FEATURES} features, spread over its area. Zoom in for more. The features are also listed in a table.`,
    source: `${items}?f=json&limit=${MAX_VIEW_FEATURES}`,
  };
}
