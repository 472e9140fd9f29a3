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

/** A collection; the features on its map are read by the browser, so that the page needs no query. */
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
    trail: [
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
  ...featuresOnMap(site, collection, tiled),
  bbox: extent.bbox,
})}`
    : html`<p class="problem">Its features cannot be read now.</p>`
}
<h2>About</h2>
${definitionList([
  ["Id", html`<code>${layer.id}</code>`],
  ["Service", service.title],
  ["Keywords", layer.keywords.join(", ")],
  ["Where", bboxText(extent)],
  ["When", intervalText(extent)],
  ["Geometries", layer.geometryType],
  ["License", service.license === undefined ? undefined : webLink(service.license)],
])}
<h2>More</h2>
<ul class="links">
<li><a href="${path("queryables")}">Queryables</a> <span class="note">what features can be filtered by</span></li>
<li><a href="${path("schema")}">Schema</a> <span class="note">what features consist of</span></li>
${tiled && html`<li><a href="${path("tiles")}">Tiles</a> <span class="note">vector tiles for maps</span></li>`}
</ul>
${
  unavailable === undefined &&
  html`<h2>Features as files</h2>
<ul class="row">${[{ name: "json", title: "GeoJSON" }, ...itemFormats(collection)].map(
    ({ name, title }) => html`<li><a href="${`${path("items")}?f=${name}`}">${title}</a></li>`,
  )}</ul>
<p class="note">A file has as many features as a page; <code>limit</code> asks for up to ${collection.limits.max}.</p>`
}`,
  });
}

/** A small table is drawn whole, from tiles; of a large one some features of what is looked at. */
function featuresOnMap(site: Site, collection: Collection, tiled: TileSource | undefined) {
  const items = apiUrl(site.root, "collections", collection.layer.id, "items");
  const set = tiled && sourceTileMatrixSets(tiled).find(({ id }) => id === "WebMercatorQuad");
  if (tiled && set && collection.source?.counts) {
    return {
      alternative: "The features are also listed as a table.",
      tiles: mapTilesOf(site, tiled, set),
    };
  }
  return {
    alternative: `Up to ${MAX_VIEW_FEATURES} features, spread over the area on the map; zoom in for others. They are also listed as a table.`,
    source: `${items}?f=json&limit=${MAX_VIEW_FEATURES}`,
  };
}
