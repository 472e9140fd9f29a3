import { apiUrl } from "../ogc/link.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import { type TileSource, zoomRange } from "../tiles/tile-documents.ts";
import type { TileMatrixSet } from "../tiles/tile-matrix-set.ts";
import { type MapTiles, mapFigure } from "./map-figure.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { tilesBreadcrumbs } from "./tiles-breadcrumbs.ts";
import { definitionList, renderView, webLink } from "./view-layout.ts";

/** The tile matrix set of the map in the browser. */
const MAP_TILE_MATRIX_SET = "WebMercatorQuad";

/** Renders a tileset with a map of its tiles. */
export function renderTilesetView(
  site: Site,
  tiled: TileSource,
  set: TileMatrixSet,
  { extents }: ActiveRelease,
): string {
  const root = apiUrl(site.root, ...tiled.path);
  const tiles = mapTilesOf(site, tiled, set);
  const [only, ...others] = tiled.collections;
  const hasMap = set.id === MAP_TILE_MATRIX_SET;
  return renderView(site, {
    title: `${set.id}: ${tiled.title}`,
    breadcrumbs: [
      ...tilesBreadcrumbs(site, tiled),
      { title: "Tiles", href: root },
      { title: set.id },
    ],
    json: `${root}/${set.id}?f=json`,
    hasMap,
    main: html`<h1>${tiled.title}: ${set.id}</h1>
<p class="lead">${set.title}</p>
${
  hasMap &&
  mapFigure(
    site,
    tiled.collections.map(({ layer }) => layer),
    {
      label: `Map of ${tiled.title}`,
      alternative: "The features are also listed in a table.",
      tiles,
      bbox: only && others.length === 0 ? extents.get(only.layer.id)?.bbox : undefined,
    },
  )
}
<h2>About</h2>
${definitionList([
  ["Tiles", html`<code>${`${site.base}${tiles.template.slice(site.root.length)}`}</code>`],
  ["Levels", `${tiles.minZoom} to ${tiles.maxZoom}`],
  ["Format", "Mapbox Vector Tiles"],
  ["CRS", webLink(set.crs)],
])}
<h2>Layers</h2>
<ul class="links">${tiled.collections.map(
      ({ layer }) =>
        html`<li><a href="${apiUrl(site.root, "collections", layer.id)}">${layer.title}</a> <span class="note">${layer.id}</span></li>
`,
    )}</ul>
<h2>More</h2>
<ul class="links">
<li><a href="${apiUrl(site.root, "tileMatrixSets", set.id)}">The tile matrix set</a></li>
${hasMap && html`<li><a href="${`${root}/${set.id}/tilejson`}">TileJSON</a> <span class="note">for map libraries</span></li>`}
</ul>`,
  });
}

/** The URL template and zoom range of a tileset. */
export function mapTilesOf(site: Site, tiled: TileSource, set: TileMatrixSet): MapTiles {
  const template = `${apiUrl(site.root, ...tiled.path, set.id)}/{z}/{y}/{x}`;
  return { template, ...zoomRange(set, tiled) };
}
